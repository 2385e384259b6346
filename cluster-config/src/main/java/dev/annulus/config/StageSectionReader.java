package dev.annulus.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** Reads {@code stages:}. */
final class StageSectionReader {
  // Arrays of one element a token, with room to spare.
  private static final int MAX_SEQUENCE_LENGTH = 1 << 30;

  private StageSectionReader() {}

  /**
   * The stages, in order.
   *
   * @param root the whole configuration
   * @param sources number of data sources
   * @param sharding what the workers share out
   */
  static List<StageSettings> stages(
      Section root, int sources, ParallelSettings.Sharding sharding) {
    List<StageSettings> stages = new ArrayList<>();
    Map<String, Integer> indexByName = new HashMap<>();
    for (Section section : root.sections("stages")) {
      StageSettings stage = stage(section, stages.size(), sources);
      Integer earlier = indexByName.putIfAbsent(stage.name(), stages.size());
      if (earlier != null && section.isSound("name")) {
        section.refuse(
            "name", stage.name(), "a name of its own; stages." + earlier + " has this one");
      }
      StageMergeReader.check(section, stage, stages);
      ShardingCheck.check(section, stage, sharding);
      stages.add(stage);
    }
    if (stages.isEmpty() && root.isSound("stages")) {
      root.refuse("stages", "missing", "a list of at least one stage");
    }
    return stages;
  }

  private static StageSettings stage(Section section, int index, int sources) {
    String name = section.text("name", TextRule.NAME).orElse("stage-" + index);
    int sequenceLength = section.requiredInteger("sequence_length", 1, MAX_SEQUENCE_LENGTH);
    OptionalDouble ropeTheta =
        section.number("rope_theta", NumberRule.POSITIVE).stream()
            .mapToDouble(Double::doubleValue)
            .findFirst();
    int steps = section.requiredInteger("steps", 1, Integer.MAX_VALUE);
    int sequencesPerStep = section.requiredInteger("sequences_per_step", 1, Integer.MAX_VALUE);
    double learningRate = section.requiredNumber("learning_rate", NumberRule.NOT_NEGATIVE);
    Section scheduleSection = section.section("schedule");
    ScheduleSettings schedule = schedule(scheduleSection);
    if (schedule.warmupSteps() > steps
        && section.isSound("steps")
        && scheduleSection.isSound("warmup_steps")) {
      scheduleSection.refuse(
          "warmup_steps",
          String.valueOf(schedule.warmupSteps()),
          "at most the " + steps + " steps of the stage");
    }
    OptimizerSettings optimizer = OptimizerSectionReader.read(section.section("optimizer"));
    Section halfSection = section.section("half_fine_tuning");
    HalfFineTuningSettings halfFineTuning = halfFineTuning(halfSection);
    OptimizerSectionReader.checkFreeze(optimizer, halfFineTuning, halfSection);
    List<String> freeze = section.texts("freeze", TextRule.ANY);
    List<Double> sourceWeights = section.numberList("source_weights", NumberRule.NOT_NEGATIVE);
    if (!sourceWeights.isEmpty() && sourceWeights.size() != sources) {
      section.refuse(
          "source_weights",
          "a list of " + sourceWeights.size(),
          "a weight for each of the " + sources + " data.sources");
    } else if (!sourceWeights.isEmpty() && sourceWeights.stream().allMatch(w -> w == 0)) {
      section.refuse("source_weights", "nothing but 0", "at least one weight above 0");
    }
    Optional<StageMergeSettings> merge = StageMergeReader.read(section);
    section.finish();
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
        merge);
  }

  private static ScheduleSettings schedule(Section section) {
    ScheduleSettings settings =
        new ScheduleSettings(
            section.choice("name", ScheduleSettings.Name.CONSTANT),
            section.integer("warmup_steps", 0, Integer.MAX_VALUE, 0),
            section.number("min_ratio", NumberRule.SHARE).orElse(0.0));
    section.finish();
    return settings;
  }

  private static HalfFineTuningSettings halfFineTuning(Section section) {
    HalfFineTuningSettings settings =
        new HalfFineTuningSettings(
            section.flag("enabled", false),
            section.seed("seed", 7),
            section.choice("mode", HalfFineTuningSettings.Mode.RANDOM));
    section.finish();
    return settings;
  }
}
