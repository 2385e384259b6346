package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.config.ParallelSettings.Layout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The mesh changes where numbers are computed, not which. */
class MeshInvarianceTest {
  private static final int LENGTH = 29;

  @TempDir Path root;

  private List<StepReport> train(String name, TinyRun run) throws Exception {
    Gang gang =
        new Gang(run, root.resolve(name), stage -> RowsInMemory.random(42, 13, LENGTH, 31, false));
    gang.run();
    return gang.reports;
  }

  private static void assertSameLosses(
      List<StepReport> reports, List<StepReport> expected, double tolerance, String what) {
    assertThat(reports).as(what).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      StepReport report = reports.get(i);
      assertThat(report.loss())
          .as("%s, step %d", what, i + 1)
          .isEqualTo(expected.get(i).loss(), within(tolerance * expected.get(i).loss()));
      assertThat(report.tokens()).isEqualTo(expected.get(i).tokens());
      assertThat(report.packingEfficiency()).isEqualTo(expected.get(i).packingEfficiency());
    }
  }

  @Test
  void twentyStepsLoseTheSameOnRingsOfOneToEight() throws Exception {
    TinyRun run = TinyRun.of(TinyRun.stage("only", LENGTH, 20, 2));
    List<StepReport> one = train("ring-1", run);
    assertThat(one.getLast().loss()).as("it learns").isLessThan(one.getFirst().loss());
    assertThat(one.getFirst().ringBytesSent()).isZero();
    for (int ring : new int[] {2, 3, 4, 8}) {
      List<StepReport> reports = train("ring-" + ring, run.mesh(ring, 1));
      assertSameLosses(reports, one, 1e-6, "zigzag ring of " + ring);
      assertThat(reports.getFirst().ringBytesSent()).isPositive();
      assertThat(reports.getFirst().hops()).isPositive();
    }
  }

  /** Gradients too, through their norm. */
  @Test
  void everyLayoutTrainsTheSame() throws Exception {
    TinyRun run = TinyRun.of(TinyRun.stage("only", LENGTH, 10, 2));
    List<StepReport> one = train("alone", run);
    for (Layout layout : Layout.values()) {
      List<StepReport> reports = train(layout.name(), run.mesh(3, 1).layout(layout));
      assertSameLosses(reports, one, 1e-6, layout.name());
      for (int i = 0; i < one.size(); i++) {
        double norm = one.get(i).gradNorm();
        assertThat(reports.get(i).gradNorm())
            .as("%s, step %d", layout, i + 1)
            .isCloseTo(norm, within(1e-5 * norm));
      }
    }
  }

  @Test
  void everyMeshOfFourTrainsTheSame() throws Exception {
    // 5 rows a step: with 2 and 4 rings some have more rows than others.
    TinyRun run = TinyRun.of(TinyRun.stage("only", LENGTH, 12, 5));
    List<StepReport> expected = train("1x1", run);
    assertSameLosses(train("4x1", run.mesh(4, 1)), expected, 1e-6, "context 4, data 1");
    assertSameLosses(train("2x2", run.mesh(2, 2)), expected, 1e-6, "context 2, data 2");
    assertSameLosses(train("1x4", run.mesh(1, 4)), expected, 1e-6, "context 1, data 4");
  }

  @Test
  void ringsWithoutARowInAStepTakePart() throws Exception {
    TinyRun run = TinyRun.of(TinyRun.stage("only", LENGTH, 4, 1));
    assertSameLosses(train("1x3", run.mesh(1, 3)), train("1x1", run), 1e-6, "context 1, data 3");
  }

  @Test
  void theSameRunGivesTheSameBits() throws Exception {
    TinyRun run = TinyRun.of(TinyRun.stage("only", LENGTH, 8, 3)).mesh(2, 2);
    List<StepReport> first = train("first", run);
    List<StepReport> second = train("second", run);
    assertSameLosses(second, first, 0, "repetition");
    Map<String, float[]> one = TrainedFiles.weights(root.resolve("first/final"));
    Map<String, float[]> two = TrainedFiles.weights(root.resolve("second/final"));
    assertThat(two.keySet()).isEqualTo(one.keySet());
    one.forEach((name, values) -> assertThat(two.get(name)).as(name).containsExactly(values));
  }
}
