package dev.annulus.trainer.train;

import dev.annulus.config.CheckpointSettings;
import dev.annulus.config.EvaluationSettings;
import dev.annulus.config.ParallelSettings;
import dev.annulus.config.RunConfig;
import dev.annulus.config.RunConfigWriter;
import dev.annulus.config.RunSettings;
import dev.annulus.config.SparkSettings;
import dev.annulus.config.StageSettings;
import dev.annulus.config.TransportSettings;
import dev.annulus.data.tokenizer.Tokenizer;
import dev.annulus.trainer.checkpoint.CheckpointException;
import dev.annulus.trainer.checkpoint.CheckpointFiles;
import dev.annulus.trainer.checkpoint.DamagedCheckpointException;
import dev.annulus.trainer.checkpoint.TrainingState;
import dev.annulus.trainer.freeze.StageFreeze;
import dev.annulus.trainer.huggingface.DurableFiles;
import dev.annulus.trainer.huggingface.HuggingFaceModel;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.optimizer.ZerothOrderUpdate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What rank 0 alone writes: {@code config.yaml}, {@code metrics.jsonl}, {@code tensorboard/} and
 * {@code final/}. Other ranks have none.
 */
final class RunFiles {
  private final WorkerEnvironment environment;
  private final MetricsLog metrics;
  private final ZerothOrderLog updates;
  private final TensorBoardLog curves;

  private RunFiles(
      WorkerEnvironment environment,
      MetricsLog metrics,
      ZerothOrderLog updates,
      TensorBoardLog curves) {
    this.environment = environment;
    this.metrics = metrics;
    this.updates = updates;
    this.curves = curves;
  }

  /** Opens the files of a run that has done {@code step} steps. */
  static RunFiles open(WorkerEnvironment environment, long step) {
    Path folder = environment.outputDir();
    try {
      Files.createDirectories(folder);
      DurableFiles.write(
          folder.resolve("config.yaml"), environment.configYaml().getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new CheckpointException("cannot write to " + folder + ": " + e.getMessage(), e);
    }
    return new RunFiles(
        environment,
        MetricsLog.openAt(folder.resolve("metrics.jsonl"), step),
        ZerothOrderLog.openAt(folder.resolve(ZerothOrderLog.FILE_NAME), step),
        TensorBoardLog.open(folder.resolve("tensorboard"), step, InstantSource.system()));
  }

  /** Logs what it takes to do a step of {@code zo_sgd} again. */
  void append(ZerothOrderUpdate update) {
    updates.append(update);
  }

  /** Logs a step. */
  void append(StepReport report) {
    metrics.append(report);
    curves.append(report.step(), Curves.of(report));
  }

  /** What a checkpoint says of where the run stands. */
  static TrainingState state(
      RunConfig config,
      WorkerEnvironment environment,
      long step,
      int stageIndex,
      int stepInStage,
      StageFreeze freeze) {
    StageSettings stage = config.stages().get(stageIndex);
    return new TrainingState(
        TrainingState.FORMAT,
        step,
        stageIndex,
        stage.name(),
        stepInStage,
        (long) stepInStage * stage.sequencesPerStep(),
        config.run().seed(),
        stage.halfFineTuning().enabled() ? stage.halfFineTuning().seed() : null,
        stage.halfFineTuning().enabled()
            ? stage.halfFineTuning().mode().name().toLowerCase(Locale.ROOT)
            : null,
        List.copyOf(freeze.frozen()),
        environment.mesh().context(),
        environment.mesh().data(),
        configHash(config),
        environment.tokenizer().map(Tokenizer::fingerprint).orElse(null));
  }

  /** Where the trained model goes. */
  static Path finalFolder(Path outputDir) {
    return outputDir.resolve("final");
  }

  /**
   * Writes the trained model with its tokeniser. Weights that no rank has all of are those of the
   * checkpoint of the last step.
   */
  void finish(LlamaConfig model, RunWeights weights, long step) {
    switch (weights) {
      case WholeWeights held -> finish(model, held.whole());
      case RangeWeights shared -> finishFromCheckpoint(step);
    }
  }

  private void finishFromCheckpoint(long step) {
    Path folder = finalFolder(environment.outputDir());
    try {
      environment
          .checkpoints()
          .read(
              step,
              checkpoint -> {
                copyModel(CheckpointFiles.model(checkpoint), folder);
                return folder;
              });
    } catch (DamagedCheckpointException | UncheckedIOException e) {
      throw new CheckpointException(
          "the trained model could not be written to " + folder + ": " + e.getMessage(), e);
    }
  }

  private void copyModel(Path model, Path folder) {
    try {
      DurableFiles.writeFolder(
          folder,
          aside -> {
            environment.tokenizer().ifPresent(tokenizer -> tokenizer.save(aside));
            try (Stream<Path> files = Files.list(model)) {
              for (Path file : files.toList()) {
                Files.copy(file, aside.resolve(file.getFileName()));
              }
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void finish(LlamaConfig model, Parameters weights) {
    Path folder = finalFolder(environment.outputDir());
    try {
      HuggingFaceModel.write(
          folder,
          model,
          weights,
          environment.device(),
          aside -> environment.tokenizer().ifPresent(tokenizer -> tokenizer.save(aside)));
    } catch (UncheckedIOException e) {
      throw new CheckpointException(
          "the trained model could not be written to " + folder + ": " + e.getMessage(), e);
    }
  }

  /** All steps of the run. */
  List<StepReport> reports() {
    return metrics.reports();
  }

  /** Of what decides the result but for the mesh: model, data, stages, seed, device. */
  static String configHash(RunConfig config) {
    RunSettings run =
        new RunSettings("any", "", config.run().seed(), RunSettings.Resume.AUTO, 0, 0);
    TransportSettings transport = new TransportSettings(TransportSettings.Kind.AUTO, 0, 0, 0, 0);
    return sha256(
        RunConfigWriter.write(
            new RunConfig(
                run,
                config.model(),
                config.data(),
                new EvaluationSettings(List.of()),
                // Routes give the same bits.
                new ParallelSettings(1, 1, config.parallel().layout(), ParallelSettings.Route.AUTO),
                config.device(),
                transport,
                config.stages(),
                new CheckpointSettings(0, 0),
                new SparkSettings(Optional.empty(), Map.of()))));
  }

  static String sha256(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
