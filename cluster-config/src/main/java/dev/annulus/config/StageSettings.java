package dev.annulus.config;

import java.util.List;
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
    List<String> freeze) {
  public StageSettings {
    freeze = List.copyOf(freeze);
  }
}
