package dev.annulus.trainer.train;

import dev.annulus.config.MergeConfig;
import dev.annulus.config.RunConfig;
import dev.annulus.config.StageMergeSettings;
import dev.annulus.config.StageSettings;
import dev.annulus.trainer.checkpoint.CheckpointException;
import dev.annulus.trainer.huggingface.DurableFiles;
import dev.annulus.trainer.huggingface.HuggingFaceModel;
import dev.annulus.trainer.merge.FolderMerge;
import dev.annulus.trainer.merge.MergeModel;
import dev.annulus.trainer.merge.MergePlan;
import dev.annulus.trainer.merge.MergeReport;
import dev.annulus.trainer.merge.MergeRequest;
import dev.annulus.trainer.merge.SequentialWorkers;
import dev.annulus.trainer.model.LlamaModel;
import dev.annulus.trainer.model.ModelWeights;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * The running merge of a run: behind a stage that says {@code merge}, what the stage changed is
 * folded in, and the next stage starts from what is merged by then. The base is what the first such
 * stage started from.
 *
 * <p>Everything lies in {@code OUTPUT_DIR/merge/<index>-<stage>/}: {@code start} (what the stage
 * started from), {@code state} and {@code merged}. Each stage's state is made from that of the one
 * before, so a merge that was cut off is done again as if nothing had been.
 */
final class StageMerges {
  private static final byte WORKING = 1;
  private static final byte DONE = 0;

  private final RunConfig config;
  private final WorkerEnvironment environment;
  private final TensorCollectives world;
  private final LlamaModel model;

  /**
   * The running merge of one run.
   *
   * @param model that the stages train; the master of its weights is what every {@link
   *     StartingPoint} holds
   */
  StageMerges(
      RunConfig config,
      WorkerEnvironment environment,
      TensorCollectives world,
      LlamaModel model) {
    this.config = config;
    this.environment = environment;
    this.world = world;
    this.model = model;
  }

  /** Keeps what a stage starts from. Before its first step; every rank may call it. */
  void begin(StartingPoint start) {
    if (!environment.isWriter()
        || start.stepInStage() > 0
        || config.stages().get(start.stage()).merge().isEmpty()) {
      return;
    }
    try {
      DurableFiles.deleteTree(folder(start.stage()));
      Files.createDirectories(folder(start.stage()));
      HuggingFaceModel.write(
          startOf(start.stage()), start.config(), start.weights().whole(), environment.device());
    } catch (IOException | UncheckedIOException e) {
      throw new CheckpointException(
          "the start of stage "
              + config.stages().get(start.stage()).name()
              + " could not be kept: "
              + e.getMessage(),
          e);
    }
  }

  /**
   * Replaces the weights by the merged ones if the stage before {@code reached} merges and is just
   * over. Every rank calls it; rank 0 merges, and the others hear from it after every tensor.
   */
  void finish(StartingPoint reached) {
    int stage = reached.stage() - 1;
    if (stage < 0
        || reached.stepInStage() > 0
        || reached.begun().isPresent()
        || config.stages().get(stage).merge().isEmpty()) {
      return;
    }
    if (environment.isWriter()) {
      lead(stage, reached);
      world.broadcast(new byte[] {DONE}, reached.step());
    } else {
      while (world.broadcast(new byte[0], reached.step())[0] == WORKING) {
        // Rank 0 is alive and on the next tensor.
      }
    }
    // Never with weights that are shared out: such a run has no stage that merges.
    ModelWeights weights = model.weights();
    world.broadcast(weights.master().flat(), reached.step());
    // A step reads the copy in the activations' type, and its optimiser renews only what it trains.
    weights.refresh(environment.device().kernels());
  }

  private void lead(int stage, StartingPoint reached) {
    Path merged = folder(stage).resolve("merged");
    try {
      if (!Files.isDirectory(merged) || !Files.isDirectory(stateOf(stage))) {
        merge(stage, reached, merged);
      }
      HuggingFaceModel.readWeights(
          merged, reached.config(), reached.weights().whole(), environment.device());
      clean(stage);
    } catch (IOException | UncheckedIOException e) {
      throw new CheckpointException(
          "the merge of stage "
              + config.stages().get(stage).name()
              + " could not be written: "
              + e.getMessage(),
          e);
    }
  }

  private void merge(int stage, StartingPoint reached, Path merged) throws IOException {
    StageSettings settings = config.stages().get(stage);
    StageMergeSettings merge = settings.merge().orElseThrow();
    Path end = folder(stage).resolve("end");
    HuggingFaceModel.write(end, reached.config(), reached.weights().whole(), environment.device());
    String base = startOf(firstMerging()).toString();
    List<MergeModel> models = new ArrayList<>();
    models.add(
        new MergeModel(end.toString(), startOf(stage).toString(), "stage " + settings.name()));
    merge.with().forEach(folder -> models.add(MergeModel.of(folder, base)));
    MergeRequest request =
        new MergeRequest(
            merge.method(),
            merge.dtype(),
            Path.of(base),
            models,
            stage == firstMerging() ? Optional.empty() : Optional.of(stateOf(stage - 1)),
            Optional.of(stateOf(stage)),
            merged,
            Optional.of(MergeConfig.OutDtype.FLOAT32),
            MergeConfig.Seen.REFUSE,
            true,
            Long.MAX_VALUE,
            environment.configYaml());
    MergeReport report =
        new FolderMerge(
                MergePlan.of(request),
                new SequentialWorkers(() -> working(reached.step())),
                environment.nanoClock())
            .run();
    DurableFiles.deleteTree(end);
    environment
        .listener()
        .onNotice(
            String.format(
                Locale.ROOT,
                "stage %s: folded into the running merge (%s, %d models, lambda %.4f)",
                settings.name(),
                merge.method().method().yamlName(),
                report.models().size(),
                report.lambda()));
  }

  private void working(long step) {
    if (environment.cancelled().getAsBoolean()) {
      throw new CancellationException("run cancelled in the merge behind step " + step);
    }
    world.broadcast(new byte[] {WORKING}, step);
  }

  /** What no resume can need any more: a checkpoint of the stage before is the oldest to go on. */
  private void clean(int stage) throws IOException {
    for (int earlier = firstMerging(); earlier < stage - 1; earlier++) {
      DurableFiles.deleteTree(stateOf(earlier));
      if (earlier != firstMerging()) {
        DurableFiles.deleteTree(startOf(earlier));
      }
    }
  }

  private int firstMerging() {
    int stage = 0;
    while (config.stages().get(stage).merge().isEmpty()) {
      stage++;
    }
    return stage;
  }

  private Path folder(int stage) {
    return environment
        .outputDir()
        .resolve("merge")
        .resolve(stage + "-" + config.stages().get(stage).name());
  }

  private Path startOf(int stage) {
    return folder(stage).resolve("start");
  }

  private Path stateOf(int stage) {
    return folder(stage).resolve("state");
  }
}
