package dev.annulus.config;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One entry of {@code stages:}. Each stage starts from the weights that the one before ended with,
 * with a new optimiser.
 *
 * @param name default {@code stage-<index>}; unique
 * @param sequenceLength tokens of a row; any positive number
 * @param ropeTheta base of the rotary embedding; empty: the model's
 * @param steps optimiser steps
 * @param sequencesPerStep rows in a step, over all data groups
 * @param learningRate peak
 * @param merge what happens to the weights at the end of the stage; empty: nothing
 */
public record StageSettings(
    String name,
    int sequenceLength,
    OptionalDouble ropeTheta,
    int steps,
    int sequencesPerStep,
    double learningRate,
    ScheduleSettings schedule,
    OptimizerSettings optimizer,
    HalfFineTuningSettings halfFineTuning,
    Optional<StageMergeSettings> merge) {
  /** A stage that does not merge. */
  public StageSettings(
      String name,
      int sequenceLength,
      OptionalDouble ropeTheta,
      int steps,
      int sequencesPerStep,
      double learningRate,
      ScheduleSettings schedule,
      OptimizerSettings optimizer,
      HalfFineTuningSettings halfFineTuning) {
    this(
        name,
        sequenceLength,
        ropeTheta,
        steps,
        sequencesPerStep,
        learningRate,
        schedule,
        optimizer,
        halfFineTuning,
        Optional.empty());
  }

  /** The same stage with a merge at its end. */
  public StageSettings withMerge(StageMergeSettings settings) {
    return new StageSettings(
        name,
        sequenceLength,
        ropeTheta,
        steps,
        sequencesPerStep,
        learningRate,
        schedule,
        optimizer,
        halfFineTuning,
        Optional.of(settings));
  }
}
