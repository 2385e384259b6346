package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.data.pack.PackedRow;
import dev.annulus.data.read.PackedRows;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that is stopped in the middle of an epoch reads on where it was, on any mesh. */
class ResumeOnOtherMeshTest {
  /** Rows of an epoch; no multiple of a step's. */
  private static final int ROWS = 7;

  private static final int PER_STEP = 3;
  private static final int STEPS = 9;
  private static final TinyRun RUN =
      TinyRun.of(TinyRun.stage("only", 24, STEPS, PER_STEP)).checkpoints(2, 3);

  @TempDir Path root;

  /** What a listener throws to stop a run. */
  private static final class PowerCut extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Rows that remember which of them were asked for, in order. Used by one worker. */
  private record WatchedRows(PackedRows rows, List<Integer> asked) implements PackedRows {
    @Override
    public int sequenceLength() {
      return rows.sequenceLength();
    }

    @Override
    public int size() {
      return rows.size();
    }

    @Override
    public PackedRow row(int index) {
      asked.add(index);
      return rows.row(index);
    }

    @Override
    public void close() {
      rows.close();
    }
  }

  /**
   * What a run has read and lost.
   *
   * @param asked numbers of rows in their order, by worker
   * @param steps the reports of rank 0
   */
  private record Run(List<List<Integer>> asked, List<StepReport> steps) {}

  /** Runs to the end, or to {@code stopAt}. */
  private Run run(String name, TinyRun run, int stopAt) throws Exception {
    List<List<Integer>> asked = Collections.synchronizedList(new ArrayList<>());
    Gang gang =
        new Gang(
                run,
                root.resolve(name),
                stage -> {
                  List<Integer> mine = new ArrayList<>();
                  asked.add(mine);
                  return new WatchedRows(RowsInMemory.random(3, ROWS, 24, 31, false), mine);
                })
            .listener(
                report -> {
                  if (report.step() == stopAt) {
                    throw new PowerCut();
                  }
                });
    if (stopAt <= STEPS) {
      assertThatThrownBy(gang::run).isInstanceOf(PowerCut.class);
    } else {
      gang.run();
    }
    return new Run(asked, gang.reports);
  }

  /** The rows of each ring, where the rows from a position on go round the rings in every step. */
  private static List<List<Integer>> byRing(List<Integer> order, int fromStep, int rings) {
    List<List<Integer>> expected = new ArrayList<>();
    for (int ring = 0; ring < rings; ring++) {
      List<Integer> mine = new ArrayList<>();
      for (int step = fromStep; step <= STEPS; step++) {
        for (int i = ring; i < PER_STEP; i += rings) {
          mine.add(order.get((step - 1) * PER_STEP + i));
        }
      }
      expected.add(mine);
    }
    return expected;
  }

  @Test
  void theSameRowsFollowInTheSameOrderOnMoreAndFewerRings() throws Exception {
    Run whole = run("whole", RUN, STEPS + 1);
    List<Integer> order = whole.asked().getFirst();
    assertThat(order).hasSize(STEPS * PER_STEP);
    for (int epoch = 0; epoch < 3; epoch++) {
      assertThat(order.subList(epoch * ROWS, (epoch + 1) * ROWS)).doesNotHaveDuplicates();
    }
    assertThat(order.subList(0, ROWS)).isNotEqualTo(order.subList(ROWS, 2 * ROWS));

    // Checkpoints of steps 4 and 6: rows 12 and 18, in the middle of the second and third epoch.
    run("stopped", RUN, 5);
    Run onTwo = run("stopped", RUN.mesh(1, 2), 7);
    assertThat(onTwo.steps().getFirst().step()).isEqualTo(5);
    assertThat(onTwo.asked()).hasSize(2);
    List<List<Integer>> expected = byRing(order, 5, 2);
    for (List<Integer> mine : onTwo.asked()) {
      // It reads ahead, so what it had read when it was stopped is the beginning of one of them.
      assertThat(expected)
          .anySatisfy(ring -> assertThat(ring.subList(0, mine.size())).isEqualTo(mine));
      assertThat(mine).hasSizeGreaterThanOrEqualTo(2);
    }
    Run onThree = run("stopped", RUN.mesh(1, 3), STEPS + 1);
    assertThat(onThree.steps().getFirst().step()).isEqualTo(7);
    assertThat(onThree.asked()).containsExactlyInAnyOrderElementsOf(byRing(order, 7, 3));

    List<StepReport> resumed = new ArrayList<>(onTwo.steps().subList(0, 2));
    resumed.addAll(onThree.steps());
    for (StepReport report : resumed) {
      double loss = whole.steps().get((int) report.step() - 1).loss();
      assertThat(report.loss()).as("step " + report.step()).isCloseTo(loss, within(1e-6 * loss));
    }
    assertThat(resumed).hasSize(5);
  }

  @Test
  void aRingOfTwoReadsTheRowsOfOneWorker() throws Exception {
    Run whole = run("whole", RUN, STEPS + 1);
    run("stopped", RUN.mesh(1, 2), 6);
    Run onARing = run("stopped", RUN.mesh(2, 1), STEPS + 1);
    List<Integer> order = whole.asked().getFirst();
    List<Integer> rest = order.subList(4 * PER_STEP, order.size());
    assertThat(onARing.asked()).containsExactly(rest, rest);
  }
}
