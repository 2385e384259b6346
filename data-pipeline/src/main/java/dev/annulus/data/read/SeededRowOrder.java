package dev.annulus.data.read;

/**
 * Rows in an order drawn anew each epoch, each row once an epoch. Nothing is stored: the
 * permutation is a Feistel network over the smallest power of 4 (at least 256) that holds the rows,
 * walked on from values that are no row until one is (Black and Rogaway 2002, "Ciphers with
 * arbitrary finite domains"). A pure function of (seed, number of rows, position).
 */
public final class SeededRowOrder implements RowOrder {
  private static final int ROUNDS = 6;
  private static final int SMALLEST_HALF_BITS = 4;
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private final long seed;
  private final int rows;
  private final int halfBits;
  private final long halfMask;

  /**
   * @param rows number of rows; at least 1
   */
  public SeededRowOrder(long seed, int rows) {
    if (rows < 1) {
      throw new IllegalArgumentException(rows + " rows, expected at least 1");
    }
    this.seed = seed;
    this.rows = rows;
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(rows - 1);
    this.halfBits = Math.max(SMALLEST_HALF_BITS, (bits + 1) / 2);
    this.halfMask = (1L << halfBits) - 1;
  }

  /** Seeded when {@code shuffle}, else as stored. */
  public static RowOrder of(boolean shuffle, long seed, int rows) {
    return shuffle ? new SeededRowOrder(seed, rows) : new SequentialRowOrder(rows);
  }

  @Override
  public int rowAt(long position) {
    if (position < 0) {
      throw new IllegalArgumentException("position " + position + ", expected from 0");
    }
    long epochKey = mix(mix(seed) + GOLDEN * (position / rows + 1));
    long value = position % rows;
    do {
      value = permute(value, epochKey);
    } while (value >= rows);
    return (int) value;
  }

  private long permute(long value, long epochKey) {
    long left = value >>> halfBits;
    long right = value & halfMask;
    for (int round = 1; round <= ROUNDS; round++) {
      long next = left ^ (mix(mix(epochKey + GOLDEN * round) + right) & halfMask);
      left = right;
      right = next;
    }
    return left << halfBits | right;
  }

  /** The finaliser of SplitMix64. */
  private static long mix(long value) {
    long z = (value ^ value >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }
}
