package dev.annulus.trainer.model;

/**
 * The frequencies of YaRN (arXiv 2309.00071, as transformers computes them): a pair of dims that
 * turns r times within the context trained first is kept for large r, divided by the factor for
 * small r, and a ramp lies between.
 */
final class YarnFrequencies {
  /** What keeps the ramp from dividing by zero where both its ends are one dim. */
  private static final double NARROWEST = 0.001;

  private YarnFrequencies() {}

  /** Radians a position, headDim / 2 of them; in fp32, in the order of transformers. */
  static float[] of(int headDim, double theta, RopeScaling.Yarn yarn) {
    double low = dimOfTurns(yarn.betaFast(), headDim, theta, yarn);
    double high = dimOfTurns(yarn.betaSlow(), headDim, theta, yarn);
    if (yarn.truncate()) {
      low = Math.floor(low);
      high = Math.ceil(high);
    }
    low = Math.max(low, 0);
    high = Math.min(high, headDim - 1);
    if (low == high) {
      high += NARROWEST;
    }
    float[] frequencies = new float[headDim / 2];
    for (int i = 0; i < frequencies.length; i++) {
      float wavelength = (float) Math.pow((float) theta, (2f * i) / headDim);
      float ramp = Math.clamp((i - (float) low) / (float) (high - low), 0f, 1f);
      float kept = 1f - ramp;
      float divided = 1f / ((float) yarn.factor() * wavelength);
      frequencies[i] = divided * (1f - kept) + (1f / wavelength) * kept;
    }
    return frequencies;
  }

  /** The attention factor that the paper gives: 0.1 ln(factor) + 1. */
  static double attentionFactor(double factor) {
    return magnitude(factor, 1);
  }

  /** The same where a model says how much of it (DeepSeek's mscale keys). */
  static double attentionFactor(double factor, double scale, double scaleAllDims) {
    return magnitude(factor, scale) / magnitude(factor, scaleAllDims);
  }

  private static double magnitude(double factor, double scale) {
    return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
  }

  /** The dim, as a real number, whose pair turns so often within the context trained first. */
  private static double dimOfTurns(double turns, int headDim, double theta, RopeScaling.Yarn yarn) {
    double context = yarn.originalMaxPositionEmbeddings();
    return headDim * Math.log(context / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
  }
}
