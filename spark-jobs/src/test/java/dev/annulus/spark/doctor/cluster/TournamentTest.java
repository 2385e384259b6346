package dev.annulus.spark.doctor.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TournamentTest {
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5, 8, 13, 64, 97})
  void eachPairMeetsOnceAndNobodyTwiceInARound(int players) {
    Set<Set<Integer>> met = new HashSet<>();
    for (int round = 0; round < Tournament.rounds(players); round++) {
      for (int player = 0; player < players; player++) {
        OptionalInt opponent = Tournament.opponent(players, round, player);
        if (opponent.isPresent()) {
          int other = opponent.getAsInt();
          assertThat(other).isNotEqualTo(player).isBetween(0, players - 1);
          assertThat(Tournament.opponent(players, round, other)).hasValue(player);
          if (player < other) {
            assertThat(met.add(Set.of(player, other))).as("%d-%d", player, other).isTrue();
          }
        }
      }
    }
    assertThat(met).hasSize(players * (players - 1) / 2);
  }

  @Test
  void oneSitsOutWhereTheirNumberIsOdd() {
    for (int round = 0; round < 5; round++) {
      int sitting = 0;
      for (int player = 0; player < 5; player++) {
        sitting += Tournament.opponent(5, round, player).isEmpty() ? 1 : 0;
      }
      assertThat(sitting).isEqualTo(1);
    }
    assertThat(Tournament.rounds(1)).isZero();
  }

  @Test
  void theTimeIsSharedOut() {
    assertThat(TimeBudget.of(1, 120)).isEqualTo(new TimeBudget(0, 0));
    assertThat(TimeBudget.of(2, 120)).isEqualTo(new TimeBudget(1, 2000));
    assertThat(TimeBudget.of(8, 120)).isEqualTo(new TimeBudget(7, 2000));
    TimeBudget of64 = TimeBudget.of(64, 120);
    assertThat(of64.rounds()).isEqualTo(63);
    assertThat(of64.pairMs()).isBetween(150L, 300L);
    TimeBudget of256 = TimeBudget.of(256, 120);
    assertThat(of256.rounds()).isBetween(50, 100);
    assertThat(of256.pairMs()).isEqualTo(100);
    assertThat(TimeBudget.of(256, TimeBudget.secondsForAll(256)).rounds()).isEqualTo(255);
  }
}
