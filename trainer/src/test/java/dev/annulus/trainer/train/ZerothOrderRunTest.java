package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.config.HalfFineTuningSettings;
import dev.annulus.config.InvalidInputException;
import dev.annulus.config.OptimizerSettings;
import dev.annulus.config.ScheduleSettings;
import dev.annulus.config.StageSettings;
import dev.annulus.data.read.PackedRows;
import dev.annulus.trainer.freeze.HalfFineTuning;
import dev.annulus.trainer.optimizer.ZerothOrderUpdate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stages of {@code zo_sgd}, from their first step to the folder. */
class ZerothOrderRunTest {
  private static final String LOG = "zo_sgd.jsonl";

  @TempDir Path root;

  /** What a listener throws to stop a run where a power cut could. */
  private static final class PowerCut extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private static StageSettings stage(int steps, double learningRate, boolean half) {
    return new StageSettings(
        "forward",
        16,
        OptionalDouble.empty(),
        steps,
        3,
        learningRate,
        new ScheduleSettings(ScheduleSettings.Name.CONSTANT, 0, 0),
        OptimizerSettings.zerothOrder(1e-3, 0.01),
        new HalfFineTuningSettings(half, 11));
  }

  private static PackedRows rows(int stage) {
    return RowsInMemory.random(5 + stage, 5, 16, 31, false);
  }

  private Gang gang(TinyRun run, String name) {
    return new Gang(run, root.resolve(name), ZerothOrderRunTest::rows);
  }

  private Map<String, float[]> trained(String name) throws IOException {
    return TrainedFiles.tensors(root.resolve(name).resolve("final/model.safetensors"));
  }

  private void stopAt(TinyRun run, String name, long step) {
    Gang gang =
        gang(run, name)
            .listener(
                report -> {
                  if (report.step() == step) {
                    throw new PowerCut();
                  }
                });
    assertThatThrownBy(gang::run).isInstanceOf(PowerCut.class);
  }

  private static void assertSameBits(Map<String, float[]> found, Map<String, float[]> expected) {
    assertThat(found.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, values) -> assertThat(found.get(name)).as(name).containsExactly(values));
  }

  @Test
  void theLossFalls() throws Exception {
    RunReport report = gang(TinyRun.of(stage(400, 3e-3, false)), "falls").run().getFirst();
    StageReport stage = report.stages().getFirst();
    assertThat(stage.meanOfLastTen()).isLessThan(stage.firstLoss() - 0.05);
  }

  /** Along one direction the two losses give the derivative that gradients have there. */
  @Test
  void aStepMovesAlongTheDirectionByWhatTheLossesSay() throws Exception {
    gang(TinyRun.of(stage(1, 1e-2, false)), "one").run();
    gang(TinyRun.of(stage(1, 0, false)), "none").run();
    ZerothOrderUpdate update = ZerothOrderLog.read(root.resolve("one").resolve(LOG)).getFirst();
    Map<String, float[]> before = trained("none");
    double squares = 0;
    int weights = 0;
    for (Map.Entry<String, float[]> tensor : trained("one").entrySet()) {
      float[] start = before.get(tensor.getKey());
      for (int i = 0; i < start.length; i++) {
        squares += Math.pow(tensor.getValue()[i] - start[i], 2);
        weights++;
      }
    }
    // z has a length of the root of the number of weights, within a few percent.
    double expected = 1e-2 * Math.abs(update.projectedGradient()) * Math.sqrt(weights);
    assertThat(Math.sqrt(squares)).isEqualTo(expected, within(0.05 * expected));
  }

  @Test
  void everyMeshTakesTheSameSteps() throws Exception {
    TinyRun run = TinyRun.of(stage(6, 1e-3, false));
    gang(run, "1x1").run();
    gang(run.mesh(2, 2), "2x2").run();
    List<ZerothOrderUpdate> one = ZerothOrderLog.read(root.resolve("1x1").resolve(LOG));
    List<ZerothOrderUpdate> four = ZerothOrderLog.read(root.resolve("2x2").resolve(LOG));
    assertThat(four).hasSize(6);
    for (int i = 0; i < 6; i++) {
      // A difference of two losses over 2 eps: their last bits count 500 times.
      assertThat(four.get(i).projectedGradient())
          .isEqualTo(one.get(i).projectedGradient(), within(5e-3));
    }
  }

  @Test
  void frozenTensorsAreLeftAlone() throws Exception {
    gang(TinyRun.of(stage(3, 1e-3, true)), "half").run();
    gang(TinyRun.of(stage(1, 0, false)), "none").run();
    Set<String> frozen = HalfFineTuning.frozen(11, 0, 2);
    Map<String, float[]> before = trained("none");
    trained("half")
        .forEach(
            (name, values) -> {
              if (frozen.contains(name)) {
                assertThat(values).as(name).containsExactly(before.get(name));
              } else {
                assertThat(values).as(name).isNotEqualTo(before.get(name));
              }
            });
  }

  @Test
  void aStoppedRunGoesOnFromTheLogWithoutDoingItsStepsAgain() throws Exception {
    TinyRun run = TinyRun.of(stage(12, 1e-3, true)).mesh(2, 1).checkpoints(5, 2);
    gang(run, "whole").run();
    for (long stop : new long[] {3, 5, 9, 11}) {
      String name = "stopped-" + stop;
      stopAt(run, name, stop);
      Gang resumed = gang(run, name);
      RunReport report = resumed.run().getFirst();
      assertThat(report.resumedFrom()).as(name).isEqualTo(stop);
      assertThat(resumed.reports.getFirst().step()).isEqualTo(stop + 1);
      assertSameBits(trained(name), trained("whole"));
      assertThat(Files.readString(root.resolve(name).resolve(LOG)))
          .isEqualTo(Files.readString(root.resolve("whole").resolve(LOG)));
      assertThat(Files.readAllLines(root.resolve(name).resolve("metrics.jsonl"))).hasSize(12);
    }
  }

  @Test
  void theLogAndTheBeginningAreEnough() throws Exception {
    TinyRun run = TinyRun.of(stage(8, 1e-3, false));
    gang(run, "whole").run();
    Files.createDirectories(root.resolve("again"));
    Files.copy(root.resolve("whole").resolve(LOG), root.resolve("again").resolve(LOG));
    Gang again = gang(run, "again");
    again.run();
    assertThat(again.reports).extracting(StepReport::step).containsExactly(8L);
    assertThat(again.notices).anyMatch(line -> line.contains("did steps 1 to 7 again"));
    assertSameBits(trained("again"), trained("whole"));
  }

  @Test
  void aTornLineIsDoneAgain() throws Exception {
    TinyRun run = TinyRun.of(stage(8, 1e-3, false));
    gang(run, "whole").run();
    stopAt(run, "torn", 5);
    Path log = root.resolve("torn").resolve(LOG);
    String text = Files.readString(log);
    Files.writeString(log, text.substring(0, text.length() - 20));
    Gang resumed = gang(run, "torn");
    resumed.run();
    assertThat(resumed.reports.getFirst().step()).isEqualTo(5);
    assertSameBits(trained("torn"), trained("whole"));
  }

  @Test
  void aLogOfAnotherFreezeIsRefused() throws Exception {
    stopAt(TinyRun.of(stage(8, 1e-3, false)), "other", 5);
    assertThatThrownBy(() -> gang(TinyRun.of(stage(8, 1e-3, true)), "other").run())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("zo_sgd.jsonl, step 1")
        .hasMessageContaining("or another run.output_dir");
  }

  @Test
  void aLossThatIsNotFiniteStopsTheRunBeforeTheUpdate() throws Exception {
    assertThatThrownBy(() -> gang(TinyRun.of(stage(8, 1e30, false)), "far").run())
        .isInstanceOf(NonFiniteStepException.class);
    long steps = ZerothOrderLog.read(root.resolve("far").resolve(LOG)).size();
    assertThat(root.resolve("far/evidence-step-" + (steps + 1) + ".json")).exists();
  }
}
