package dev.annulus.trainer.merge;

/**
 * Which elements are the largest in size, found without sorting or holding them: their bits are
 * looked at 16 at a time, and each pass counts only those that agree with what is known already.
 *
 * @param threshold everything larger in size is kept
 * @param ofEqual so many of those of just that size are kept, the first ones
 */
record MagnitudeThreshold(double threshold, long ofEqual) {
  private static final int BITS = 16;
  private static final int SIGN_AND_VALUE = 64;

  /** The threshold that keeps {@code keep} elements, from 1 to all. */
  static MagnitudeThreshold of(Elements elements, long keep) {
    long known = 0;
    long left = keep;
    for (int shift = SIGN_AND_VALUE - BITS; shift >= 0; shift -= BITS) {
      long[] counts = count(elements, known, shift);
      int digit = counts.length - 1;
      while (counts[digit] < left) {
        left -= counts[digit];
        digit--;
      }
      known |= (long) digit << shift;
    }
    return new MagnitudeThreshold(Double.longBitsToDouble(known), left);
  }

  /** How often each next digit occurs among the elements whose higher bits are known. */
  private static long[] count(Elements elements, long known, int shift) {
    long[] counts = new long[1 << BITS];
    int higher = shift + BITS;
    double[] values = new double[Elements.STRETCH];
    Elements.forEachStretch(
        elements.size(),
        (start, count) -> {
          elements.read(start, values, count);
          for (int i = 0; i < count; i++) {
            // Without its sign, a double's bits are ordered as its size is.
            long bits = Double.doubleToRawLongBits(Math.abs(values[i]));
            if (higher == SIGN_AND_VALUE || bits >>> higher == known >>> higher) {
              counts[(int) (bits >>> shift) & ((1 << BITS) - 1)]++;
            }
          }
        });
    return counts;
  }
}
