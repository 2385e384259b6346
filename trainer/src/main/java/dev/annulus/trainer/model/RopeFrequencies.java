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
  private final int headDim;
  private final double theta;
  private final RopeScaling scaling;
  private final float magnitude;

  /** Those of the last length asked for; of most scalings they are the same for all. */
  private float[] frequencies;

  private int lengthOfFrequencies;

  private RopeFrequencies(int headDim, double theta, RopeScaling scaling) {
    this.headDim = headDim;
    this.theta = theta;
    this.scaling = scaling;
    this.magnitude = scaling instanceof RopeScaling.Yarn yarn ? (float) yarn.attentionFactor() : 1f;
  }

  /** Frequencies of a model. Not for several threads at once. */
  static RopeFrequencies of(int headDim, double theta, RopeScaling scaling) {
    return new RopeFrequencies(headDim, theta, scaling);
  }

  /**
   * Cosines and sines of the angles of one position, headDim / 2 of each from {@code offset}.
   *
   * @param documentTokens length of the document it is a position of, which dynamic scaling depends
   *     on
   */
  void rotation(int position, int documentTokens, float[] cos, float[] sin, int offset) {
    float[] turns = radiansPerPosition(documentTokens);
    for (int i = 0; i < turns.length; i++) {
      float angle = position * turns[i];
      cos[offset + i] = (float) Math.cos(angle) * magnitude;
      sin[offset + i] = (float) Math.sin(angle) * magnitude;
    }
  }

  /** What cosines and sines are multiplied by. */
  float magnitude() {
    return magnitude;
  }

  /** Documents for which this is the same have the same frequencies. */
  int decidingLength(int documentTokens) {
    return scaling instanceof RopeScaling.Dynamic dynamic
        ? (int) Math.max(documentTokens, dynamic.originalMaxPositionEmbeddings())
        : 0;
  }

  /** Radians a position, headDim / 2 of them. */
  float[] radiansPerPosition(int documentTokens) {
    int length = decidingLength(documentTokens);
    if (frequencies == null || length != lengthOfFrequencies) {
      frequencies = compute(length);
      lengthOfFrequencies = length;
    }
    return frequencies;
  }

  private float[] compute(int documentTokens) {
    return switch (scaling) {
      case RopeScaling.None() -> plain(theta);
      case RopeScaling.Linear(double factor) -> divided(plain(theta), (float) factor);
      case RopeScaling.Dynamic dynamic -> plain(base(dynamic, documentTokens));
      case RopeScaling.Yarn yarn -> YarnFrequencies.of(headDim, theta, yarn);
      case RopeScaling.Llama3 llama3 -> scaled(plain(theta), llama3);
    };
  }

  private float[] plain(double base) {
    float[] plain = new float[headDim / 2];
    for (int i = 0; i < plain.length; i++) {
      plain[i] = 1f / (float) Math.pow((float) base, (2f * i) / headDim);
    }
    return plain;
  }

  /** transformers, modeling_rope_utils: base * (factor * n / m - (factor - 1))^(d / (d - 2)). */
  private double base(RopeScaling.Dynamic dynamic, int documentTokens) {
    double trained = dynamic.originalMaxPositionEmbeddings();
    double tokens = Math.max(documentTokens, trained);
    double growth = dynamic.factor() * tokens / trained - (dynamic.factor() - 1);
    return theta * Math.pow(growth, headDim / (headDim - 2.0));
  }

  private static float[] divided(float[] plain, float factor) {
    for (int i = 0; i < plain.length; i++) {
      plain[i] /= factor;
    }
    return plain;
  }

  private static float[] scaled(float[] plain, RopeScaling.Llama3 llama3) {
    for (int i = 0; i < plain.length; i++) {
      plain[i] = scaled(plain[i], llama3);
    }
    return plain;
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
