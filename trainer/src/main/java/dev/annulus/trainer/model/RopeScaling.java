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
