package dev.annulus.spark.job;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.RunConfig;
import dev.annulus.spark.console.Console;
import dev.annulus.spark.console.TextTable;
import dev.annulus.spark.console.Units;
import dev.annulus.trainer.plan.HeldMemory;
import dev.annulus.trainer.plan.RunPlan;
import dev.annulus.trainer.plan.StagePlan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.ToLongFunction;

/**
 * {@code train --dry-run}: what a run would do and take, for people and scripts.
 *
 * @param device what a worker would compute on, and why
 * @param plan memory and traffic
 * @param rows packed already, for each stage; nothing where they are missing or would be made anew
 * @param checkpoint step of the checkpoint that the run would go on from
 */
public record TrainPlan(
    RunConfig config,
    String device,
    RunPlan plan,
    List<OptionalLong> rows,
    OptionalLong checkpoint) {
  public TrainPlan {
    rows = List.copyOf(rows);
  }

  /**
   * Looks at everything that a run needs; starts no worker and writes nothing.
   *
   * @throws InvalidInputException with every problem of the run
   */
  public static TrainPlan of(RunConfig config) {
    return new RunInspection(config).plan();
  }

  /** The plan as people read it. */
  public void print(Console console) {
    plan.warnings().forEach(console::warn);
    int workers = config.parallel().world();
    console.say(
        "Run %s: %s parameters; %s %s, %s of %d, %s layout; on %s."
            .formatted(
                config.run().name(),
                Units.count(plan.parameters()),
                Units.count(workers),
                workers == 1 ? "worker" : "workers",
                config.parallel().data() == 1 ? "a ring" : config.parallel().data() + " rings",
                config.parallel().context(),
                config.parallel().layout().name().toLowerCase(Locale.ROOT),
                device));
    if (checkpoint.isPresent()) {
      console.say("It goes on from the checkpoint of step " + checkpoint.getAsLong() + ".");
    }
    console.say("");
    console.say(stages().toString());
    console.say("");
    console.say(memory().toString());
    console.say("");
    console.say(plan.memoryLine());
    if (config.parallel().context() > 1) {
      for (StagePlan stage : plan.stages()) {
        console.say(
            "Stage %s: a row of one document goes %s.".formatted(stage.name(), stage.route()));
      }
      if (config.device().mayCopyFromPeers()) {
        console.say(
            "Workers of one host that see each other's GPU copy blocks from there; all others get"
                + " them by the transport.");
      }
    }
    console.say(
        "Sent by all workers together in a step, at most: "
            + Units.bytes(most(StagePlan::ringBytesPerStep))
            + " through the rings (rows that are one document; several need less) and "
            + Units.bytes(most(StagePlan::reductionBytesPerStep))
            + " of gradients and renewed weights.");
    console.say("Nothing was trained or written.");
  }

  private long most(ToLongFunction<StagePlan> bytes) {
    return plan.stages().stream().mapToLong(bytes).max().orElseThrow();
  }

  private TextTable stages() {
    TextTable table =
        new TextTable(
            "stage",
            "context",
            "steps",
            "tokens",
            "tokens a step",
            "rows packed",
            "passes",
            "trains",
            "ring a step",
            "gradients a step");
    for (int i = 0; i < plan.stages().size(); i++) {
      StagePlan stage = plan.stages().get(i);
      OptionalLong packed = rows.get(i);
      table.row(
          stage.name(),
          Units.count(stage.sequenceLength()),
          Units.count(stage.steps()),
          Units.count(stage.tokens()),
          Units.count(stage.tokensPerStep()),
          packed.isPresent() ? Units.count(packed.getAsLong()) : "not yet",
          packed.isPresent()
              ? String.format(Locale.ROOT, "%.2f", stage.rows() / (double) packed.getAsLong())
              : "-",
          Units.percent(stage.trainedShare()),
          Units.bytes(stage.ringBytesPerStep()),
          Units.bytes(stage.reductionBytesPerStep()));
    }
    return table;
  }

  private TextTable memory() {
    TextTable table =
        new TextTable(
            "memory of a worker",
            "weights",
            "copies",
            "gradients",
            "moments",
            "activations",
            "blocks",
            "together",
            "of the host");
    for (StagePlan stage : plan.stages()) {
      HeldMemory memory = stage.memory();
      table.row(
          "stage " + stage.name(),
          Units.bytes(memory.weights()),
          Units.bytes(memory.copies()),
          Units.bytes(memory.gradients()),
          Units.bytes(memory.moments()),
          Units.bytes(memory.activations()),
          Units.bytes(memory.blocks()),
          Units.bytes(memory.total()),
          Units.bytes(memory.host()));
    }
    return table;
  }

  /** For scripts. */
  public Map<String, Object> toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("dry_run", true);
    json.put("parameters", plan.parameters());
    json.put("workers", config.parallel().world());
    json.put("device", device);
    json.put("checkpoint", checkpoint.isPresent() ? checkpoint.getAsLong() : null);
    json.put("memory_bytes", plan.fullest().memory().total());
    List<Map<String, Object>> stages = new ArrayList<>();
    for (int i = 0; i < plan.stages().size(); i++) {
      StagePlan stage = plan.stages().get(i);
      HeldMemory memory = stage.memory();
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("stage", stage.name());
      entry.put("sequence_length", stage.sequenceLength());
      entry.put("steps", stage.steps());
      entry.put("tokens", stage.tokens());
      entry.put("tokens_per_step", stage.tokensPerStep());
      entry.put("packed_rows", rows.get(i).isPresent() ? rows.get(i).getAsLong() : null);
      entry.put("trained_share", stage.trainedShare());
      entry.put("ring_bytes_per_step", stage.ringBytesPerStep());
      entry.put("reduction_bytes_per_step", stage.reductionBytesPerStep());
      Map<String, Object> held = new LinkedHashMap<>();
      held.put("weights", memory.weights());
      held.put("copies", memory.copies());
      held.put("gradients", memory.gradients());
      held.put("moments", memory.moments());
      held.put("activations", memory.activations());
      held.put("blocks", memory.blocks());
      held.put("total", memory.total());
      held.put("host", memory.host());
      entry.put("memory_bytes", held);
      stages.add(entry);
    }
    json.put("stages", stages);
    json.put("warnings", plan.warnings());
    return json;
  }
}
