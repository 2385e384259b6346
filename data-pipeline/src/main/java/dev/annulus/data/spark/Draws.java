package dev.annulus.data.spark;

/** Numbers that depend on the seed and on where a document stands, and on nothing else. */
final class Draws {
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private Draws() {}

  /** Of a document. */
  static long of(long seed, int source, int file, long line) {
    return mix(mix(mix(mix(seed) + source) + file) + line);
  }

  /** Another one of the same document. */
  static long again(long draw, int which) {
    return which == 0 ? draw : mix(draw + which);
  }

  /** The finaliser of SplitMix64. */
  private static long mix(long value) {
    long z = value + GOLDEN;
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }
}
