package dev.annulus.config;

/**
 * {@code half_fine_tuning:} train a half of each block's weights in this stage and freeze the rest.
 *
 * @param enabled default false
 * @param seed default 7; only {@code random} depends on it
 * @param mode default random
 */
public record HalfFineTuningSettings(boolean enabled, long seed, Mode mode) {
  /** The half is drawn at random. */
  public HalfFineTuningSettings(boolean enabled, long seed) {
    this(enabled, seed, Mode.RANDOM);
  }

  /** How the half is chosen. */
  public enum Mode {
    /** Drawn anew for each stage: a pure function of (seed, stage, number of blocks). */
    RANDOM,
    /** Halves that take turns from stage to stage: a pure function of (stage, number of blocks). */
    CYCLIC,
    /** The weights with the largest gradients over the rows of the stage's first step. */
    GREEDY
  }
}
