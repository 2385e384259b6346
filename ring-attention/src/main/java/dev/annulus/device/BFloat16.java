package dev.annulus.device;

/** Numbers of 16 bits with the exponent of an fp32, of which they are the upper half. */
public final class BFloat16 {
  private BFloat16() {}

  /** The value of these bits; exact. */
  public static float toFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** The nearest number, of two the even one; a NaN stays a NaN. */
  public static short fromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | 0x40); // the upper half alone could be an infinity
    }
    int rounded = bits + 0x7FFF + (bits >>> 16 & 1);
    return (short) (rounded >>> 16);
  }
}
