package dev.annulus.config;

import java.util.List;

/**
 * A whole run, as {@code run.yaml} describes it after defaults and overrides. Keys in YAML are the
 * record components in snake_case; {@code docs/configuration.md} lists every key with its default.
 */
public record RunConfig(
    RunSettings run,
    ModelSettings model,
    DataSettings data,
    EvaluationSettings evaluation,
    ParallelSettings parallel,
    DeviceSettings device,
    TransportSettings transport,
    List<StageSettings> stages,
    CheckpointSettings checkpoint,
    SparkSettings spark) {
  public RunConfig {
    stages = List.copyOf(stages);
  }
}
