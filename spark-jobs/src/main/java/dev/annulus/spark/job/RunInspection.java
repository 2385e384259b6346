package dev.annulus.spark.job;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.config.RunConfig;
import dev.annulus.data.parquet.PackedManifest;
import dev.annulus.data.source.SourceListing;
import dev.annulus.data.spark.PrepareJob;
import dev.annulus.data.spark.PrepareRequest;
import dev.annulus.data.tokenizer.TokenizerSpec;
import dev.annulus.device.Device;
import dev.annulus.device.choice.DeviceChoice;
import dev.annulus.device.counting.DeviceTraits;
import dev.annulus.spark.gang.TrainingGang;
import dev.annulus.spark.storage.HadoopSettings;
import dev.annulus.spark.storage.ModelCopy;
import dev.annulus.spark.storage.RunOutput;
import dev.annulus.trainer.checkpoint.ResumeSearch;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.plan.RunPlan;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;

/** Asks everything that a run stands on whether it is right, without Spark; keeps what is wrong. */
final class RunInspection {
  private final RunConfig config;
  private final Set<Problem> problems = new LinkedHashSet<>();

  RunInspection(RunConfig config) {
    this.config = config;
  }

  /**
   * The plan.
   *
   * @throws InvalidInputException with all that is wrong
   */
  TrainPlan plan() {
    look(
        () -> {
          OutputFolder.require("run.output_dir", config.run().outputDir());
          RunOutput.require(config);
          return config;
        });
    look(
        () -> {
          OutputFolder.require("data.packed_dir", config.data().packedDir());
          return config;
        });
    look(
        () -> {
          StartModel.check(config);
          return config;
        });
    Optional<LlamaConfig> model = look(() -> StartModel.config(config));
    Optional<List<OptionalLong>> rows = model.flatMap(found -> look(() -> rows(found)));
    if (config.evaluation().duringTraining()) {
      look(
          () ->
              SourceListing.list(
                  config.evaluation().sources(),
                  "evaluation.sources",
                  HadoopSettings.before(config.spark())));
    }
    Optional<List<Long>> checkpoints =
        look(() -> ResumeSearch.steps(RunOutput.checkpoints(config), config.run().resume()));
    Optional<Worker> worker = look(this::worker);
    Optional<RunPlan> plan =
        model.flatMap(
            found ->
                look(
                    () ->
                        RunPlan.of(
                            config,
                            found,
                            // Without a device the stages are still looked at.
                            worker.map(Worker::traits).orElseGet(DeviceTraits::gpuElsewhere))));
    if (!problems.isEmpty()) {
      throw new InvalidInputException(new ArrayList<>(problems));
    }
    return new TrainPlan(
        config,
        worker.orElseThrow().reason(),
        plan.orElseThrow(),
        rows.orElseThrow(),
        checkpoints.orElseThrow().stream().mapToLong(Long::longValue).findFirst());
  }

  /**
   * What a worker computes on.
   *
   * @param reason for people
   */
  private record Worker(DeviceTraits traits, String reason) {}

  /** In local mode the workers compute here; executors elsewhere have what only they know. */
  private Worker worker() {
    String master = SparkSessions.master(config, config.parallel().world());
    OptionalInt slots = SparkSessions.localSlots(master);
    slots.ifPresent(count -> TrainingGang.requireSlots(master, count, config));
    DeviceChoice choice;
    try {
      choice = DeviceChoice.of(config.device(), 0);
    } catch (InvalidInputException e) {
      boolean missingHere = e.problems().stream().allMatch(p -> p.place().startsWith("device."));
      if (slots.isPresent() || !missingHere) {
        throw e;
      }
      return new Worker(DeviceTraits.gpuElsewhere(), "a GPU of each executor");
    }
    try (Device device = choice.open(1)) {
      return new Worker(
          DeviceTraits.of(device, 0),
          choice.reason() + (slots.isPresent() ? "" : " (looked for on this machine)"));
    }
  }

  private List<OptionalLong> rows(LlamaConfig model) {
    Optional<TokenizerSpec> tokenizer =
        config
            .model()
            .tokenizer()
            .map(name -> ModelCopy.tokenizer(name, HadoopSettings.before(config.spark())));
    List<PrepareRequest> requests =
        config.stages().stream()
            .map(stage -> PrepareRequest.of(config, stage, tokenizer, model.vocabSize()))
            .toList();
    List<OptionalLong> rows = new ArrayList<>();
    for (Optional<PackedManifest> manifest :
        PrepareJob.look(requests, HadoopSettings.before(config.spark()))) {
      rows.add(
          manifest.isPresent()
              ? OptionalLong.of(manifest.get().report().rows())
              : OptionalLong.empty());
    }
    return rows;
  }

  private <T> Optional<T> look(Supplier<T> check) {
    try {
      return Optional.of(check.get());
    } catch (InvalidInputException e) {
      problems.addAll(e.problems());
      return Optional.empty();
    }
  }
}
