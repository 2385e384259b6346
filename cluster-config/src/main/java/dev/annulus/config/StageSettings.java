package dev.annulus.config;

import java.util.List;
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
 * @param freeze names of tensors that stay as they are, or patterns of them with {@code *}; besides
 *     what half fine-tuning freezes
 * @param sourceWeights weights of the data sources in this stage, one for each; empty: the sources'
 *     own
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
    List<String> freeze,
    List<Double> sourceWeights,
    Optional<StageMergeSettings> merge) {
  public StageSettings {
    freeze = List.copyOf(freeze);
    sourceWeights = List.copyOf(sourceWeights);
  }

  /**
   * A stage that freezes nothing by name, takes the sources as the data section weighs them and
   * does not merge.
   */
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
        List.of(),
        List.of(),
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
        freeze,
        sourceWeights,
        Optional.of(settings));
  }
}
