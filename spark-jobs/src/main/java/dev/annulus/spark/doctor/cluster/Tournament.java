package dev.annulus.spark.doctor.cluster;

import java.util.OptionalInt;

/**
 * Who meets whom: a round-robin tournament (circle method), so that each pair meets once and nobody
 * is in two pairs of a round.
 */
final class Tournament {
  private Tournament() {}

  /** Rounds until all have met all; with an odd number of players one sits out in each. */
  static int rounds(int players) {
    return players < 2 ? 0 : players + players % 2 - 1;
  }

  /** Whom a player meets in a round; nobody if it sits out. */
  static OptionalInt opponent(int players, int round, int player) {
    int circle = rounds(players);
    // The last stands still; with an odd number it is nobody.
    int last = circle;
    int opponent;
    if (player == last) {
      opponent = Math.floorMod(round * ((circle + 1) / 2), circle);
    } else {
      opponent = Math.floorMod(round - player, circle);
      opponent = opponent == player ? last : opponent;
    }
    return opponent < players ? OptionalInt.of(opponent) : OptionalInt.empty();
  }
}
