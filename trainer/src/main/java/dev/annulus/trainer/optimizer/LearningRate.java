package dev.annulus.trainer.optimizer;

import dev.annulus.config.ScheduleSettings;

/**
 * The learning rate of each step of a stage: linear from 0 over the warm-up, then constant, a line
 * or half a cosine down to {@code minRatio * peak}, reached at the last step. Steps count from 1.
 */
public final class LearningRate {
  private LearningRate() {}

  /**
   * The learning rate of {@code step}.
   *
   * @param peak reached at the last step of the warm-up
   * @param steps of the stage
   * @param step from 1 to {@code steps}
   */
  public static double at(ScheduleSettings schedule, double peak, int steps, int step) {
    if (step < 1 || step > steps) {
      throw new IllegalArgumentException("step " + step + " of a stage of " + steps);
    }
    int warmup = schedule.warmupSteps();
    if (step <= warmup) {
      return peak * step / warmup;
    }
    double floor = peak * schedule.minRatio();
    double progress = (double) (step - warmup) / (steps - warmup);
    return switch (schedule.name()) {
      case CONSTANT -> peak;
      case LINEAR -> peak + (floor - peak) * progress;
      case COSINE -> floor + (peak - floor) * 0.5 * (1 + Math.cos(Math.PI * progress));
    };
  }
}
