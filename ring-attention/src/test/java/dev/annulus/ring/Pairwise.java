package dev.annulus.ring;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;

/** Few cases in which every level of every factor meets every level of every other factor. */
final class Pairwise {
  private static final int CANDIDATES = 30;

  private Pairwise() {}

  /**
   * Cases, each the level of every factor, from 0. Greedy: of random candidates, each of which has
   * some pair that has not met, the one with most of them.
   *
   * @param levels how many each factor has
   */
  static List<int[]> cover(long seed, int... levels) {
    SplittableRandom random = new SplittableRandom(seed);
    BitSet open = new BitSet();
    int most = 0;
    for (int level : levels) {
      most = Math.max(most, level);
    }
    for (int i = 0; i < levels.length; i++) {
      for (int j = i + 1; j < levels.length; j++) {
        for (int pair = 0; pair < levels[i] * levels[j]; pair++) {
          open.set(index(levels.length, most, i, pair / levels[j], j, pair % levels[j]));
        }
      }
    }
    List<int[]> cases = new ArrayList<>();
    while (!open.isEmpty()) {
      BitSet best = new BitSet();
      int[] chosen = {};
      for (int candidate = 0; candidate < CANDIDATES; candidate++) {
        int[] next = candidate(random, levels, most, open.nextSetBit(0));
        BitSet met = pairs(next, most);
        met.and(open);
        if (met.cardinality() > best.cardinality()) {
          best = met;
          chosen = next;
        }
      }
      open.andNot(best);
      cases.add(chosen);
    }
    return cases;
  }

  private static int[] candidate(SplittableRandom random, int[] levels, int most, int pair) {
    int[] next = new int[levels.length];
    for (int factor = 0; factor < next.length; factor++) {
      next[factor] = random.nextInt(levels[factor]);
    }
    int factors = pair / (most * most);
    next[factors / levels.length] = pair / most % most;
    next[factors % levels.length] = pair % most;
    return next;
  }

  private static BitSet pairs(int[] levels, int most) {
    BitSet pairs = new BitSet();
    for (int i = 0; i < levels.length; i++) {
      for (int j = i + 1; j < levels.length; j++) {
        pairs.set(index(levels.length, most, i, levels[i], j, levels[j]));
      }
    }
    return pairs;
  }

  private static int index(int factors, int most, int i, int levelOfI, int j, int levelOfJ) {
    return ((i * factors + j) * most + levelOfI) * most + levelOfJ;
  }
}
