package dev.annulus.trainer.train;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.OptimizerSettings;
import dev.annulus.config.RunConfig;
import dev.annulus.config.StageSettings;
import dev.annulus.trainer.freeze.StageFreeze;
import dev.annulus.trainer.optimizer.AdamWState;
import dev.annulus.trainer.optimizer.ZerothOrder;
import dev.annulus.trainer.optimizer.ZerothOrderUpdate;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Brings weights from a checkpoint, or from the beginning, to where the log of a stage of {@code
 * zo_sgd} ends: the updates without the forward passes that they came from, bit for bit. Rank 0
 * does it, before it hands the weights on.
 */
final class ZerothOrderReplay {
  private ZerothOrderReplay() {}

  /**
   * Where the run goes on.
   *
   * @param lastStep no later update is done
   * @throws InvalidInputException if the log is of another run
   */
  static StartingPoint after(
      StartingPoint start, long lastStep, RunConfig config, WorkerEnvironment environment) {
    if (start.stage() == config.stages().size()
        || config.stages().get(start.stage()).optimizer().name() != OptimizerSettings.Name.ZO_SGD) {
      return start;
    }
    StageSettings stage = config.stages().get(start.stage());
    StageFreeze freeze =
        start
            .begun()
            .map(begun -> StageFreeze.of(begun.frozen(), start.config()))
            .orElseGet(() -> StageFreeze.atMost(stage, start.stage(), start.config()));
    Path file = environment.outputDir().resolve(ZerothOrderLog.FILE_NAME);
    long step = start.step();
    // The last step of a stage is done again: a checkpoint and a merge belong to it.
    long last = Math.min(lastStep, start.step() - start.stepInStage() + stage.steps() - 1L);
    for (ZerothOrderUpdate update : ZerothOrderLog.read(file)) {
      if (update.step() == step + 1 && update.step() <= last) {
        check(update, file, stage, freeze, config);
        ZerothOrder.update(
            environment.device().kernels(),
            freeze.trainable(),
            start.weights().whole(),
            start.weights().whole(),
            update);
        step++;
      }
    }
    if (step == start.step()) {
      return start;
    }
    environment
        .listener()
        .onNotice("did steps %d to %d again from %s".formatted(start.step() + 1, step, file));
    return new StartingPoint(
        start.config(),
        start.weights(),
        step,
        start.stage(),
        start.stepInStage() + (int) (step - start.step()),
        start
            .begun()
            .or(
                () ->
                    Optional.of(
                        new StartingPoint.Begun(
                            freeze.frozen(),
                            new AdamWState(
                                environment.device(),
                                AdamWState.layout(stage.optimizer(), freeze.trainable()))))));
  }

  private static void check(
      ZerothOrderUpdate update,
      Path file,
      StageSettings stage,
      StageFreeze freeze,
      RunConfig config) {
    if (update.seed() != config.run().seed()
        || !update.stage().equals(stage.name())
        || !update.frozen().equals(freeze.hash())) {
      throw new InvalidInputException(
          file + ", step " + update.step(),
          "stage %s, seed %d, frozen tensors %s"
              .formatted(update.stage(), update.seed(), update.frozen()),
          "stage %s, seed %d, frozen tensors %s; or another run.output_dir"
              .formatted(stage.name(), config.run().seed(), freeze.hash()));
    }
  }
}
