package dev.annulus.trainer.merge;

import dev.annulus.trainer.huggingface.SafetensorsType;
import java.nio.ByteBuffer;

/** Numbers in the types of a weight file, rounded to the nearest, ties to even. */
final class NumberFormat {
  private NumberFormat() {}

  /**
   * Writes a number.
   *
   * @param into little-endian
   * @return the number as it was rounded
   */
  static double put(double value, SafetensorsType type, ByteBuffer into) {
    return switch (type) {
      case F64 -> {
        into.putDouble(value);
        yield value;
      }
      case F32 -> {
        into.putFloat((float) value);
        yield (float) value;
      }
      case F16 -> {
        short half = Float.floatToFloat16((float) value);
        into.putShort(half);
        yield Float.float16ToFloat(half);
      }
      case BF16 -> {
        short upper = toBfloat16((float) value);
        into.putShort(upper);
        yield Float.intBitsToFloat(upper << 16);
      }
      default -> throw new IllegalArgumentException("weights are not written as " + type);
    };
  }

  /** The upper half of an fp32 number, rounded. */
  private static short toBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x40);
    }
    int half = 0x7fff + ((bits >>> 16) & 1);
    return (short) ((bits + half) >>> 16);
  }
}
