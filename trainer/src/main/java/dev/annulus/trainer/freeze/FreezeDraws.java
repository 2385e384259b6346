package dev.annulus.trainer.freeze;

/**
 * Uniform draws from (seed, stage). The generator is SplitMix64 (Steele, Lea, Flood 2014), written
 * out so that a freeze is the same on every JDK and for ever.
 */
final class FreezeDraws {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private long state;

  FreezeDraws(long seed, int stage) {
    // Two rounds keep (seed, stage + 1) from being a shifted copy of (seed, stage).
    state = mix(mix(seed + GOLDEN_GAMMA) + (stage + 1L) * GOLDEN_GAMMA);
  }

  /** Uniform in [0, bound). Rejection, as a plain remainder would favour small values. */
  int below(int bound) {
    while (true) {
      state += GOLDEN_GAMMA;
      long bits = mix(state) >>> 1;
      long value = bits % bound;
      if (bits - value + (bound - 1) >= 0) {
        return (int) value;
      }
    }
  }

  /** A uniformly random order of 0 .. count - 1 (Fisher and Yates). */
  int[] order(int count) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int j = below(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  private static long mix(long z) {
    long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
    return b ^ (b >>> 31);
  }
}
