package dev.annulus.config;

/**
 * {@code schedule:} the learning rate over a stage: linear from 0 over the warm-up, then as {@code
 * name} says.
 *
 * @param name default constant
 * @param warmupSteps default 0
 * @param minRatio the last learning rate as a share of the peak, for linear and cosine; default 0
 */
public record ScheduleSettings(Name name, int warmupSteps, double minRatio) {
  /** The curve after the warm-up. */
  public enum Name {
    CONSTANT,
    LINEAR,
    COSINE
  }
}
