package dev.annulus.spark.command;

import dev.annulus.config.RunConfig;
import dev.annulus.config.RunConfigReader;
import java.util.List;

/**
 * Overrides of a command that takes no configuration file: they change a small configuration that
 * stands for it, so they are checked like any other.
 */
final class NoConfigOverrides {
  private static final String DEFAULTS =
      """
      run: {name: command}
      model: {path: model, tokenizer: bytes}
      data: {sources: [{path: data, format: jsonl}]}
      stages: [{sequence_length: 1, steps: 1, sequences_per_step: 1, learning_rate: 1.0}]
      """;

  private NoConfigOverrides() {}

  /**
   * The settings with the overrides.
   *
   * @throws dev.annulus.config.InvalidInputException with every override that is wrong
   */
  static RunConfig check(List<String> overrides) {
    return RunConfigReader.read("command line", DEFAULTS, overrides);
  }
}
