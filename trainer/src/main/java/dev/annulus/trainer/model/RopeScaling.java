package dev.annulus.trainer.model;

/** How rotary frequencies are changed for contexts longer than those of the first training. */
public sealed interface RopeScaling {
  /** Frequencies as they are. */
  record None() implements RopeScaling {}

  /**
   * All frequencies divided by one number, which is position interpolation.
   *
   * @param factor at least 1
   */
  record Linear(double factor) implements RopeScaling {}

  /**
   * A base that grows with the document ("NTK-aware", dynamic): documents of up to {@code
   * originalMaxPositionEmbeddings} tokens are left as they are.
   *
   * @param factor at least 1
   * @param originalMaxPositionEmbeddings tokens of the context that was trained first: the model's
   *     {@code max_position_embeddings}, which therefore stays what it is
   */
  record Dynamic(double factor, double originalMaxPositionEmbeddings) implements RopeScaling {}

  /**
   * YaRN (arXiv 2309.00071): frequencies that turn less than {@code betaSlow} times within the
   * context trained first are divided by {@code factor}, those that turn more than {@code betaFast}
   * times are kept, with a ramp over the dims between; cosines and sines are multiplied by {@code
   * attentionFactor}.
   *
   * @param factor at least 1
   * @param originalMaxPositionEmbeddings tokens of the context that was trained first
   * @param betaFast more than {@code betaSlow}
   * @param truncate whether the ends of the ramp are whole dims
   */
  record Yarn(
      double factor,
      double originalMaxPositionEmbeddings,
      double betaFast,
      double betaSlow,
      double attentionFactor,
      boolean truncate)
      implements RopeScaling {}

  /**
   * Llama 3.1: long wavelengths divided by {@code factor}, short ones kept, a linear blend between.
   *
   * @param factor at least 1
   * @param lowFreqFactor wavelengths above {@code originalMaxPositionEmbeddings / lowFreqFactor}
   *     are divided
   * @param highFreqFactor wavelengths below {@code originalMaxPositionEmbeddings / highFreqFactor}
   *     are kept; greater than {@code lowFreqFactor}
   * @param originalMaxPositionEmbeddings tokens of the context that was trained first
   */
  record Llama3(
      double factor,
      double lowFreqFactor,
      double highFreqFactor,
      double originalMaxPositionEmbeddings)
      implements RopeScaling {}
}
