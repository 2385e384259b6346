package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.config.EvaluationSettings;
import dev.annulus.config.InvalidInputException;
import dev.annulus.config.RunConfig;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.trainer.evaluate.Evaluator;
import dev.annulus.trainer.huggingface.HuggingFaceModel;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.Parameters;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The loss on held-out documents while a run trains. */
final class HeldOutLossTest {
  private static final int LENGTH = 24;
  private static final TinyRun RUN =
      TinyRun.of(TinyRun.stage("only", LENGTH, 5, 3)).checkpoints(2, 2);

  /** Held-out documents, by row. */
  private static final List<List<int[]>> DOCUMENTS = documents();

  @TempDir Path root;

  private static List<List<int[]>> documents() {
    Random random = new Random(8);
    List<List<int[]>> rows = new ArrayList<>();
    for (int[] lengths : new int[][] {{24}, {7, 11, 1}, {2, 20}}) {
      List<int[]> row = new ArrayList<>();
      for (int length : lengths) {
        row.add(random.ints(length, 0, 31).toArray());
      }
      rows.add(row);
    }
    return rows;
  }

  private Gang gang(TinyRun run, String name, EvaluationSettings evaluation) {
    RunConfig config = run.config(root.resolve(name).toString());
    RunConfig evaluated =
        new RunConfig(
            config.run(),
            config.model(),
            config.data(),
            evaluation,
            config.parallel(),
            config.device(),
            config.transport(),
            config.stages(),
            config.checkpoint(),
            config.spark());
    List<PackedRow> heldOut =
        DOCUMENTS.stream().map(row -> RowsInMemory.pack(LENGTH, row, false)).toList();
    return new Gang(
            evaluated, root.resolve(name), stage -> RowsInMemory.random(6, 9, LENGTH, 31, false))
        .heldOutRows(stage -> new RowsInMemory(LENGTH, heldOut));
  }

  private static EvaluationSettings every(int steps, int rows) {
    return new EvaluationSettings(List.of(), steps, rows);
  }

  /** What the finished model of a run loses on the documents of the first rows, one by one. */
  private double lossOf(String name, int rows) {
    Path folder = root.resolve(name).resolve("final");
    LlamaConfig config = HuggingFaceModel.readConfig(folder);
    try (Device device = new CpuDevice();
        DeviceArena arena = device.newArena()) {
      Parameters weights = Parameters.allocate(arena, ParameterLayout.of(config));
      HuggingFaceModel.readWeights(folder, config, weights, device);
      try (Evaluator evaluator = new Evaluator(device, config, weights)) {
        DOCUMENTS.stream()
            .limit(rows)
            .flatMap(List::stream)
            .forEach(document -> evaluator.add(0, document));
        return evaluator.result().loss();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 3", "3, 1, 3", "2, 2, 3", "1, 4, 2"})
  void isThatOfTheFinishedModelOnAnyMesh(int context, int data, int rows) throws Exception {
    Gang gang = gang(RUN.mesh(context, data), "run", every(2, rows));
    gang.run();
    double expected = lossOf("run", rows);
    assertThat(gang.reports.getLast().evaluationLoss())
        .isCloseTo(expected, within(1e-5 * expected));
    assertThat(gang.reports)
        .extracting(report -> report.evaluationLoss() != null)
        .as("every second step and the last one")
        .containsExactly(false, true, false, true, true);
    assertThat(gang.notices).anyMatch(line -> line.matches("step 4: loss \\d\\.\\d{4} on held.*"));
  }

  @Test
  void trainingAndResumingGiveTheSameBits() throws Exception {
    TinyRun run = RUN.mesh(2, 1);
    Gang plain = gang(run, "plain", every(0, 3));
    plain.run();
    assertThat(plain.reports).extracting(StepReport::evaluationLoss).containsOnlyNulls();
    Gang measured = gang(run, "measured", every(1, 3));
    measured.run();
    assertSameWeights("plain", "measured");

    Gang cut =
        gang(run, "cut", every(1, 3))
            .listener(
                report -> {
                  if (report.step() == 3) {
                    throw new CancellationException("power cut");
                  }
                });
    assertThatThrownBy(cut::run).isInstanceOf(CancellationException.class);
    Gang resumed = gang(run, "cut", every(1, 3));
    resumed.run();
    assertThat(resumed.reports.getFirst().step()).isEqualTo(3);
    assertSameWeights("plain", "cut");
    List<StepReport> log =
        MetricsLog.openAt(root.resolve("cut/metrics.jsonl"), Long.MAX_VALUE).reports();
    assertThat(log)
        .extracting(StepReport::evaluationLoss)
        .isEqualTo(measured.reports.stream().map(StepReport::evaluationLoss).toList());
  }

  @Test
  void rowsOfAnotherLengthAreTold() {
    Gang gang =
        gang(RUN, "wrong", every(1, 3))
            .heldOutRows(stage -> RowsInMemory.random(1, 2, LENGTH / 2, 31, false));
    assertThatThrownBy(gang::run)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("held-out packed rows of stage only");
  }

  @Test
  void theCurveHasAPointWhereTheRunWasMeasured() throws Exception {
    Gang gang = gang(RUN, "curves", every(2, 3));
    gang.run();
    assertThat(Curves.of(gang.reports.get(0))).doesNotContainKey("evaluation/loss");
    assertThat(Curves.of(gang.reports.get(1)))
        .containsEntry("evaluation/loss", gang.reports.get(1).evaluationLoss());
  }

  private void assertSameWeights(String one, String two) {
    var expected = TrainedFiles.weights(root.resolve(one).resolve("final"));
    var found = TrainedFiles.weights(root.resolve(two).resolve("final"));
    assertThat(found.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, values) -> assertThat(found.get(name)).as(name).containsExactly(values));
  }
}
