package dev.annulus.trainer.plan;

import dev.annulus.config.OptimizerSettings;
import dev.annulus.config.ParallelSettings;
import dev.annulus.config.RunConfig;
import dev.annulus.config.StageSettings;
import dev.annulus.device.counting.DeviceTraits;
import dev.annulus.layout.Layouts;
import dev.annulus.ring.cost.RouteChoice;
import dev.annulus.trainer.freeze.StageFreeze;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.MemoryPlan;
import dev.annulus.trainer.model.ParameterLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What a run is and takes, stage by stage.
 *
 * @param parameters weights of the model
 * @param compute how activations are held
 * @param stages in order
 * @param warnings of what a run may do but is hardly meant
 */
public record RunPlan(
    long parameters, MemoryPlan compute, List<StagePlan> stages, List<String> warnings) {
  public RunPlan {
    stages = List.copyOf(stages);
    warnings = List.copyOf(warnings);
  }

  /**
   * Plans a run; computes nothing and takes no memory of the device.
   *
   * @param device that a worker will have
   * @throws dev.annulus.config.InvalidInputException if it does not fit, or a stage's freeze is
   *     wrong
   */
  public static RunPlan of(RunConfig config, LlamaConfig model, DeviceTraits device) {
    ParallelSettings parallel = config.parallel();
    List<MemoryMeasurement> ranks = new ArrayList<>();
    // The first, one between and the last: what a rank receives depends on its place.
    for (int rank : new int[] {0, parallel.context() / 2, parallel.context() - 1}) {
      ranks.add(MemoryMeasurement.of(config, model, device, rank));
    }
    MemoryPlan compute = ranks.getFirst().compute();
    RouteChoice route = RouteChoice.of(parallel, config.device(), model.attentionShape());
    List<StagePlan> stages = new ArrayList<>();
    for (int index = 0; index < config.stages().size(); index++) {
      int ofStage = index;
      StageSettings stage = config.stages().get(index);
      StageFreeze freeze = StageFreeze.atMost(stage, index, model);
      RouteChoice.Choice choice =
          route.explainOneDocument(parallel.layout(), stage.sequenceLength(), parallel.context());
      stages.add(
          new StagePlan(
              stage.name(),
              stage.sequenceLength(),
              stage.steps(),
              stage.sequencesPerStep(),
              freeze.share(),
              ranks.stream()
                  .map(rank -> rank.stages().get(ofStage))
                  .max(Comparator.comparingLong(HeldMemory::total))
                  .orElseThrow(),
              choice.told(),
              StepTraffic.ring(choice.plan().traffic(), model, compute.settings(), stage),
              StepTraffic.reduction(parallel, stage, freeze.trainable(), model)));
    }
    return new RunPlan(
        ParameterLayout.of(model).parameters(), compute, stages, RopeReach.warnings(config, model));
  }

  /** The most tokens that a rank of a ring holds of a row in any stage. */
  public static int maxTokens(RunConfig config) {
    int tokens = 0;
    for (StageSettings stage : config.stages()) {
      tokens =
          Math.max(
              tokens,
              Layouts.maxTokens(
                  config.parallel().layout(), stage.sequenceLength(), config.parallel().context()));
    }
    return tokens;
  }

  /** Whether any stage has gradients: a run without them takes no memory for a backward pass. */
  public static boolean hasBackward(RunConfig config) {
    return config.stages().stream()
        .anyMatch(stage -> stage.optimizer().name() != OptimizerSettings.Name.ZO_SGD);
  }

  /** The stage in which a worker holds most. */
  public StagePlan fullest() {
    return stages.stream()
        .max(Comparator.comparingLong(stage -> stage.memory().total()))
        .orElseThrow();
  }

  /** What a worker will hold, in one line. */
  public String memoryLine() {
    StagePlan fullest = fullest();
    HeldMemory memory = fullest.memory();
    return "Memory: a worker holds up to %s on its device (stage %s): %s%s; %s."
        .formatted(
            HeldMemory.shown(memory.total()),
            fullest.name(),
            memory.parts(),
            memory.host() == 0 ? "" : "; and " + HeldMemory.shown(memory.host()) + " of the host",
            compute.retained());
  }
}
