package dev.annulus.device;

/**
 * Threefry-2x32-20 (Salmon, Moraes, Dror, Shaw: Parallel random numbers, as easy as 1, 2, 3; 2011):
 * random bits as a function of a key and a counter. It needs sums, rotations and exclusive ors of
 * 32 bits only, so every device computes the same.
 */
public final class Threefry {
  /** Keeps a key of zeros from being weak. */
  public static final int PARITY = 0x1BD11BDA;

  private static final int[] ROTATIONS = {13, 15, 26, 6, 17, 29, 16, 24};
  private static final int ROUNDS = 20;

  private Threefry() {}

  /** 64 random bits; the first word of key, counter and result is the lower half. */
  public static long bits(long key, long counter) {
    int[] keys = {(int) key, (int) (key >>> 32), PARITY ^ (int) key ^ (int) (key >>> 32)};
    int x0 = (int) counter + keys[0];
    int x1 = (int) (counter >>> 32) + keys[1];
    for (int round = 0; round < ROUNDS; round++) {
      x0 += x1;
      x1 = Integer.rotateLeft(x1, ROTATIONS[round % 8]) ^ x0;
      if (round % 4 == 3) {
        int injection = round / 4 + 1;
        x0 += keys[injection % 3];
        x1 += keys[(injection + 1) % 3] + injection;
      }
    }
    return Integer.toUnsignedLong(x0) | (long) x1 << 32;
  }
}
