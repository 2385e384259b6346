package dev.annulus.spark.gang;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.ModelSettings;
import dev.annulus.config.Problem;
import dev.annulus.config.RunConfig;
import dev.annulus.config.RunSettings.Resume;
import dev.annulus.spark.storage.ModelCopy;
import dev.annulus.spark.storage.RunOutput;
import dev.annulus.trainer.checkpoint.CheckpointException;
import dev.annulus.trainer.train.NonFiniteStepException;
import dev.annulus.trainer.train.StepListener;
import dev.annulus.trainer.train.StepReport;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;

/**
 * What a worker reads and writes, wherever that lies.
 *
 * @param model as the run says, its folder on this machine if this worker reads it
 * @param copied that folder, if it is a copy
 */
record WorkerFiles(RunOutput output, ModelSettings model, Optional<ModelCopy> copied)
    implements AutoCloseable {
  /**
   * Opens the output; the worker that reads gets the model.
   *
   * @param reads whether this worker reads and writes for all
   * @param gang letters and digits that all workers of this attempt have in common
   * @param replayedStep a step to do again; 0 to train
   */
  static WorkerFiles open(
      RunConfig config,
      Configuration hadoop,
      boolean reads,
      String gang,
      long replayedStep,
      StepListener listener) {
    RunOutput output = RunOutput.open(config, reads, gang, listener::onNotice);
    try {
      if (!reads || config.model().path().isEmpty()) {
        return new WorkerFiles(output, config.model(), Optional.empty());
      }
      // A run that goes on from a checkpoint does not need the weights that it began with.
      boolean goesOn =
          replayedStep == 0
              && config.run().resume() != Resume.NEVER
              && !output.checkpoints().steps().isEmpty();
      String location = config.model().path().get();
      ModelCopy copy =
          goesOn ? ModelCopy.outline(location, hadoop) : ModelCopy.whole(location, hadoop);
      return new WorkerFiles(output, copy.in(config.model()), Optional.of(copy));
    } catch (RuntimeException e) {
      output.close();
      throw e;
    }
  }

  /** Does the work; what its failure says of files names them where they will be found. */
  <T> T named(Supplier<T> work) {
    try {
      return work.get();
    } catch (CheckpointException e) {
      throw new CheckpointException(output.told(String.valueOf(e.getMessage())), e.getCause());
    } catch (NonFiniteStepException e) {
      throw e.named(output::told);
    } catch (InvalidInputException e) {
      throw new InvalidInputException(
          e.problems().stream()
              .map(
                  problem ->
                      new Problem(
                          output.told(problem.place()),
                          output.told(problem.value()),
                          output.told(problem.expectation())))
              .toList());
    }
  }

  /** A listener that hears of files where they will be found. */
  StepListener named(StepListener listener) {
    return new StepListener() {
      @Override
      public void onStep(StepReport report) {
        listener.onStep(report);
      }

      @Override
      public void onNotice(String line) {
        listener.onNotice(output.told(line));
      }

      @Override
      public void onCheckpoint(long step, double seconds) {
        listener.onCheckpoint(step, seconds);
      }
    };
  }

  @Override
  public void close() {
    try (output) {
      copied.ifPresent(ModelCopy::close);
    }
  }
}
