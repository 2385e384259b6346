package dev.annulus.config;

/** Refuses stages that {@code parallel.sharding: full} does not train. */
final class ShardingCheck {
  private static final String OTHERWISE = "parallel.sharding: optimizer";

  private ShardingCheck() {}

  /**
   * With full sharding a rank holds whole tensors only while they are computed with, and the same
   * range of weights, gradients and moments in all stages: what needs all weights at once, or other
   * ranges in a stage, is refused.
   */
  static void check(Section section, StageSettings stage, ParallelSettings.Sharding sharding) {
    if (sharding != ParallelSettings.Sharding.FULL) {
      return;
    }
    if (stage.optimizer().name() == OptimizerSettings.Name.ZO_SGD) {
      section.refuse(
          "optimizer",
          "name: zo_sgd with parallel.sharding: full",
          "name: adamw, or " + OTHERWISE + ": zo_sgd shifts all weights of a rank");
    }
    if (stage.halfFineTuning().enabled()) {
      section.refuse(
          "half_fine_tuning",
          "enabled: true with parallel.sharding: full",
          "enabled: false, or " + OTHERWISE);
    }
    if (!stage.freeze().isEmpty()) {
      section.refuse(
          "freeze",
          "a list of " + stage.freeze().size() + " with parallel.sharding: full",
          "an empty list, or " + OTHERWISE);
    }
    if (stage.merge().isPresent()) {
      section.refuse(
          "merge", "given with parallel.sharding: full", "no merge, or " + OTHERWISE);
    }
  }
}
