package dev.annulus.trainer.model;

/**
 * The angle by which each pair of a head turns per position: theta^(-2i/d), changed as the scaling
 * says.
 *
 * <p>Every operation is rounded to fp32 as transformers does it, the angle too: at position 4096 an
 * angle computed in double differs from that by up to 2e-4, and models were trained with the
 * rounded ones.
 */
final class RopeFrequencies {
  private RopeFrequencies() {}

  /** Radians a position, headDim / 2 of them. */
  static float[] of(int headDim, double theta, RopeScaling scaling) {
    float[] frequencies = new float[headDim / 2];
    for (int i = 0; i < frequencies.length; i++) {
      float exponent = (2f * i) / headDim;
      float plain = 1f / (float) Math.pow((float) theta, exponent);
      frequencies[i] =
          switch (scaling) {
            case RopeScaling.None() -> plain;
            case RopeScaling.Linear(double factor) -> plain / (float) factor;
            case RopeScaling.Llama3 llama3 -> scaled(plain, llama3);
          };
    }
    return frequencies;
  }

  /** The formula of Llama 3.1 (transformers, modeling_rope_utils). */
  private static float scaled(float plain, RopeScaling.Llama3 llama3) {
    float original = (float) llama3.originalMaxPositionEmbeddings();
    float low = (float) llama3.lowFreqFactor();
    float high = (float) llama3.highFreqFactor();
    float factor = (float) llama3.factor();
    float wavelength = (float) (2 * Math.PI) / plain;
    if (wavelength > (float) (llama3.originalMaxPositionEmbeddings() / llama3.lowFreqFactor())) {
      return plain / factor;
    }
    if (wavelength < (float) (llama3.originalMaxPositionEmbeddings() / llama3.highFreqFactor())) {
      return plain;
    }
    float smooth = (original / wavelength - low) / (high - low);
    return (1 - smooth) * plain / factor + smooth * plain;
  }
}
