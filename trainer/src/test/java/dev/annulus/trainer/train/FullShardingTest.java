package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.config.EvaluationSettings;
import dev.annulus.config.ParallelSettings.Route;
import dev.annulus.config.RunConfig;
import dev.annulus.device.Device;
import dev.annulus.device.counting.DeviceTraits;
import dev.annulus.device.reference.ReferenceDevice;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.plan.RunPlan;
import dev.annulus.trainer.plan.StagePlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code parallel.sharding: full} computes what {@code optimizer} computes, in less memory. */
final class FullShardingTest {
  private static final int LENGTH = 24;

  @TempDir Path root;

  /** What a listener throws to stop a run. */
  private static final class PowerCut extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private Gang gang(TinyRun run, String name) {
    return new Gang(
        run, root.resolve(name), stage -> RowsInMemory.random(5, 11, LENGTH, 31, false));
  }

  private static Gang stoppedAt(Gang gang, long step) {
    return gang.listener(
        report -> {
          if (report.step() == step) {
            throw new PowerCut();
          }
        });
  }

  private static Map<String, Object> model(boolean tied, int layers) {
    Map<String, Object> model = new HashMap<>(TinyRun.MODEL);
    model.put("tie_word_embeddings", tied);
    model.put("num_hidden_layers", layers);
    return model;
  }

  private static void assertSameSteps(List<StepReport> expected, List<StepReport> found) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(found.get(i).loss()).as("step %d", i + 1).isEqualTo(expected.get(i).loss());
      assertThat(found.get(i).gradNorm())
          .as("step %d", i + 1)
          .isEqualTo(expected.get(i).gradNorm());
      assertThat(found.get(i).evaluationLoss()).isEqualTo(expected.get(i).evaluationLoss());
    }
  }

  private void assertSameWeights(String expected, String found) {
    Map<String, float[]> one = TrainedFiles.weights(root.resolve(expected).resolve("final"));
    Map<String, float[]> other = TrainedFiles.weights(root.resolve(found).resolve("final"));
    assertThat(other.keySet()).isEqualTo(one.keySet());
    one.forEach((name, values) -> assertThat(other.get(name)).as(name).containsExactly(values));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, false, 2", "1, 2, false, 2", "2, 1, true, 3", "2, 2, false, 3", "4, 1, true, 1"
  })
  void aRowARingGivesTheSameBits(int context, int data, boolean tied, int layers)
      throws Exception {
    TinyRun run =
        TinyRun.of(TinyRun.stage("a", LENGTH, 4, data), TinyRun.stage("b", LENGTH, 3, data))
            .model(model(tied, layers))
            .mesh(context, data);
    Gang optimizer = gang(run, "optimizer");
    optimizer.run();
    Gang full = gang(run, "full").fullSharding();
    full.run();
    assertThat(full.reports.getLast().loss()).isLessThan(full.reports.getFirst().loss());
    assertSameSteps(optimizer.reports, full.reports);
    assertSameWeights("optimizer", "full");
  }

  @Test
  void activationsInBfloat16GiveTheSameBits() throws Exception {
    TinyRun run = TinyRun.of(TinyRun.stage("only", LENGTH, 4, 1)).mesh(2, 1);
    Gang optimizer = gang(run, "optimizer").device(ReferenceDevice::new).bfloat16();
    optimizer.run();
    Gang full = gang(run, "full").device(ReferenceDevice::new).bfloat16().fullSharding();
    full.run();
    assertSameSteps(optimizer.reports, full.reports);
    assertSameWeights("optimizer", "full");
  }

  /** Sums over the ranks are made row by row then, not over the sums of the rows. */
  @ParameterizedTest
  @CsvSource({"1, 2, 5", "2, 2, 3", "1, 3, 1"})
  void severalRowsOrNoneTrainTheSame(int context, int data, int rows) throws Exception {
    TinyRun run =
        TinyRun.of(TinyRun.stage("only", LENGTH, 8, rows)).mesh(context, data).checkpoints(0, 1);
    Gang optimizer = gang(run, "optimizer");
    optimizer.run();
    Gang full = gang(run, "full").fullSharding();
    full.run();
    for (int i = 0; i < 8; i++) {
      double loss = optimizer.reports.get(i).loss();
      assertThat(full.reports.get(i).loss()).isCloseTo(loss, within(1e-6 * loss));
      assertThat(full.reports.get(i).tokens()).isEqualTo(optimizer.reports.get(i).tokens());
      double norm = optimizer.reports.get(i).gradNorm();
      assertThat(full.reports.get(i).gradNorm()).isCloseTo(norm, within(1e-5 * norm));
    }
  }

  /** Stopped in one way and ended in the other, the run has the bits of one that was left alone. */
  @ParameterizedTest
  @CsvSource({"true, false", "false, true"})
  void checkpointsAreReadByBoth(boolean fullFirst, boolean fullLast) throws Exception {
    TinyRun run =
        TinyRun.of(TinyRun.stage("only", LENGTH, 7, 2)).mesh(2, 2).checkpoints(2, 2);
    Gang whole = gang(run, "whole");
    whole.run();
    Gang first = gang(run, "stopped");
    assertThatThrownBy(stoppedAt(fullFirst ? first.fullSharding() : first, 5)::run)
        .isInstanceOf(PowerCut.class);
    Gang last = gang(run, "stopped");
    RunReport report = (fullLast ? last.fullSharding() : last).run().getFirst();
    assertThat(report.resumedFrom()).isEqualTo(4);
    assertSameSteps(whole.reports.subList(4, 7), last.reports);
    assertSameWeights("whole", "stopped");

    Gang over = gang(run, "stopped");
    assertThat((fullLast ? over.fullSharding() : over).run().getFirst().steps()).isEqualTo(7);
    assertThat(over.reports).isEmpty();
    assertSameWeights("whole", "stopped");
  }

  @Test
  void aCheckpointIsReadByAnotherMesh() throws Exception {
    TinyRun run = TinyRun.of(TinyRun.stage("only", LENGTH, 6, 2)).checkpoints(2, 2);
    Gang whole = gang(run, "whole");
    whole.run();
    assertThatThrownBy(stoppedAt(gang(run.mesh(2, 2), "stopped").fullSharding(), 3)::run)
        .isInstanceOf(PowerCut.class);
    Gang resumed = gang(run.mesh(3, 1), "stopped").fullSharding();
    assertThat(resumed.run().getFirst().resumedFrom()).isEqualTo(2);
    for (StepReport report : resumed.reports) {
      double loss = whole.reports.get((int) report.step() - 1).loss();
      assertThat(report.loss()).isCloseTo(loss, within(1e-6 * loss));
    }
  }

  @Test
  void isMeasuredOnHeldOutRowsWhileItTrains() throws Exception {
    List<List<StepReport>> reports = new ArrayList<>();
    for (boolean full : new boolean[] {false, true}) {
      String name = full ? "full" : "optimizer";
      RunConfig config =
          TinyRun.of(TinyRun.stage("only", LENGTH, 5, 2))
              .mesh(1, 2)
              .config(root.resolve(name).toString());
      RunConfig evaluated =
          new RunConfig(
              config.run(),
              config.model(),
              config.data(),
              new EvaluationSettings(List.of(), 2, 3),
              config.parallel(),
              config.device(),
              config.transport(),
              config.stages(),
              config.checkpoint(),
              config.spark());
      Gang gang =
          new Gang(
                  evaluated,
                  root.resolve(name),
                  stage -> RowsInMemory.random(5, 11, LENGTH, 31, false))
              .heldOutRows(stage -> RowsInMemory.random(6, 3, LENGTH, 31, false));
      (full ? gang.fullSharding() : gang).run();
      reports.add(gang.reports);
    }
    assertThat(reports.getLast().get(1).evaluationLoss()).isNotNull();
    assertSameSteps(reports.getFirst(), reports.getLast());
  }

  @ParameterizedTest
  @CsvSource({"2, 1, false, 2", "4, 1, true, 1", "2, 2, false, 2"})
  void aRunHoldsAndSendsWhatWasPlanned(int context, int data, boolean tied, int rows)
      throws Exception {
    Map<String, Object> model = new HashMap<>(model(tied, 6));
    model.put("hidden_size", 32);
    model.put("intermediate_size", 96);
    List<Long> peaks = new ArrayList<>();
    for (boolean full : new boolean[] {false, true}) {
      long[] sent = new long[2];
      for (int steps = 1; steps <= 2; steps++) {
        TinyRun run =
            TinyRun.of(TinyRun.stage("only", LENGTH, steps, rows))
                .model(model)
                .mesh(context, data);
        Gang gang = gang(run, full + "-" + steps).device(ReferenceDevice::new).route(Route.RING);
        (full ? gang.fullSharding() : gang).run();
        sent[steps - 1] = gang.bytesSent.get();
        if (steps == 2) {
          StagePlan plan = plan(gang.config(), model);
          assertThat(plan.memory().total()).isEqualTo(gang.reports.getLast().deviceBytesPeak());
          long step = plan.reductionBytesPerStep() + gang.reports.getLast().ringBytesSent();
          // Beside it, numbers that all ranks add up.
          assertThat(sent[1] - sent[0]).isBetween(step, step + 4096L * context * data);
          peaks.add(plan.memory().total());
        }
      }
    }
    System.out.printf(
        "mesh %dx%d: %d bytes with sharding optimizer, %d with full%n",
        context, data, peaks.getFirst(), peaks.getLast());
    assertThat(peaks.getLast()).isLessThan((long) (0.75 * peaks.getFirst()));
  }

  private static StagePlan plan(RunConfig config, Map<String, Object> model) {
    try (Device device = new ReferenceDevice()) {
      return RunPlan.of(config, LlamaConfig.fromRunConfig(model), DeviceTraits.of(device, 0))
          .stages()
          .getFirst();
    }
  }
}
