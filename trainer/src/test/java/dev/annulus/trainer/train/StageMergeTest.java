package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.config.HalfFineTuningSettings;
import dev.annulus.config.MergeMethodSettings;
import dev.annulus.config.MergePrecision;
import dev.annulus.config.StageMergeSettings;
import dev.annulus.config.StageSettings;
import dev.annulus.data.read.PackedRows;
import dev.annulus.trainer.freeze.HalfFineTuning;
import dev.annulus.trainer.huggingface.DurableFiles;
import dev.annulus.trainer.huggingface.MemoryTempDir;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The running merge between the stages of a run. */
class StageMergeTest {
  private static final TinyRun RUN = run(MergeMethodSettings.Method.OPCM);

  /** The run that nobody interrupts, done once. */
  @TempDir(factory = MemoryTempDir.class)
  static Path whole;

  private static Gang wholeGang;

  @TempDir(factory = MemoryTempDir.class)
  Path root;

  @BeforeAll
  static void runWithoutInterruption() throws Exception {
    wholeGang = new Gang(RUN, whole, StageMergeTest::rows);
    wholeGang.run();
  }

  private static final class PowerCut extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private static StageSettings stage(
      String name, MergeMethodSettings.Method method, String... with) {
    StageSettings plain = TinyRun.stage(name, 24, 3, 2);
    return new StageSettings(
            plain.name(),
            plain.sequenceLength(),
            plain.ropeTheta(),
            plain.steps(),
            plain.sequencesPerStep(),
            plain.learningRate(),
            plain.schedule(),
            plain.optimizer(),
            new HalfFineTuningSettings(true, 7))
        .withMerge(
            new StageMergeSettings(
                MergeMethodSettings.of(method), List.of(with), MergePrecision.FLOAT32));
  }

  private static TinyRun run(MergeMethodSettings.Method method) {
    return TinyRun.of(stage("a", method), stage("b", method), stage("c", method))
        .mesh(2, 1)
        .checkpoints(2, 9);
  }

  private static PackedRows rows(int stage) {
    return RowsInMemory.random(5 + stage, 7, 24, 31, false);
  }

  private Gang gang(TinyRun run, String name) {
    return new Gang(run, root.resolve(name), StageMergeTest::rows);
  }

  private static Map<String, float[]> ofWhole(String folder) {
    return TrainedFiles.weights(whole.resolve(folder));
  }

  private Map<String, float[]> weights(String folder) {
    return TrainedFiles.weights(root.resolve(folder));
  }

  @Test
  void theNextStageStartsFromWhatIsMergedAndTheRunEndsWithIt() {
    assertSame(ofWhole("merge/1-b/start"), ofWhole("merge/0-a/merged"));
    assertSame(ofWhole("merge/2-c/start"), ofWhole("merge/1-b/merged"));
    assertSame(ofWhole("final"), ofWhole("merge/2-c/merged"));
    assertThat(wholeGang.notices)
        .anyMatch(line -> line.contains("stage c: folded into the running merge (opcm, 3 models"));
    // The state of the first stage is of no use any more; that of the second may be.
    assertThat(whole.resolve("merge/0-a/state")).doesNotExist();
    assertThat(whole.resolve("merge/1-b/state")).exists();
    assertThat(whole.resolve("merge/2-c/end")).doesNotExist();
  }

  /** Half fine-tuning: what a stage froze it did not change, and nothing of it is disturbed. */
  @Test
  void whatAStageFrozeKeepsItsBits() throws Exception {
    gang(run(MergeMethodSettings.Method.TASK_ARITHMETIC), "run").run();
    Map<String, float[]> base = weights("run/merge/0-a/start");
    Map<String, float[]> merged = weights("run/merge/0-a/merged");
    Set<String> frozen = HalfFineTuning.frozen(7, 0, 2);
    base.forEach(
        (name, values) -> {
          if (frozen.contains(name)) {
            assertThat(merged.get(name)).as(name).containsExactly(values);
          } else {
            assertThat(merged.get(name)).as(name).isNotEqualTo(values);
          }
        });
    // Scaled by a constant, what is merged changes only where the next stage trained.
    Map<String, float[]> second = weights("run/merge/1-b/merged");
    for (String name : HalfFineTuning.frozen(7, 1, 2)) {
      assertThat(second.get(name)).as(name).containsExactly(merged.get(name));
    }
    Set<String> never = new HashSet<>(frozen);
    never.retainAll(HalfFineTuning.frozen(7, 1, 2));
    never.retainAll(HalfFineTuning.frozen(7, 2, 2));
    Map<String, float[]> last = weights("run/final");
    for (String name : never) {
      assertThat(last.get(name)).as(name).containsExactly(base.get(name));
    }
  }

  /** In a stage, at its last step (before its merge), in the next one, at the end. */
  @ParameterizedTest
  @ValueSource(longs = {2, 3, 4, 6, 7, 9})
  void aStoppedRunGivesTheBitsOfAnUninterruptedOne(long step) throws Exception {
    Gang stopped =
        gang(RUN, "stopped")
            .listener(
                report -> {
                  if (report.step() == step) {
                    throw new PowerCut();
                  }
                });
    assertThatThrownBy(stopped::run).isInstanceOf(PowerCut.class);
    gang(RUN, "stopped").run();
    assertSame(weights("stopped/final"), ofWhole("final"));
  }

  /** The merge itself was cut off: its checkpoint is there, its result is not. */
  @Test
  void aMergeThatWasCutOffIsDoneAgain() throws Exception {
    gang(RUN, "cut").run();
    DurableFiles.deleteTree(root.resolve("cut/merge/2-c/merged"));
    DurableFiles.deleteTree(root.resolve("cut/final"));
    gang(RUN, "cut").run();
    assertSame(weights("cut/final"), ofWhole("final"));
  }

  @Test
  void otherModelsAreFoldedInBehindTheStage() throws Exception {
    gang(TinyRun.of(TinyRun.stage("x", 24, 4, 2)), "other").run();
    TinyRun run =
        TinyRun.of(
            stage("a", MergeMethodSettings.Method.AVERAGE, root.resolve("other/final").toString()));
    gang(run, "run").run();
    Map<String, float[]> base = weights("run/merge/0-a/start");
    Map<String, float[]> other = weights("other/final");
    Map<String, float[]> merged = weights("run/final");
    Path end = root.resolve("run/checkpoints/step-00000003/model");
    Map<String, float[]> trained = TrainedFiles.weights(end);
    merged.forEach(
        (name, values) -> {
          for (int i = 0; i < values.length; i++) {
            float expected = (trained.get(name)[i] + other.get(name)[i]) / 2;
            assertThat(values[i])
                .as("%s, base %s", name, base.get(name)[i])
                .isCloseTo(expected, within(1e-6f));
          }
        });
  }

  private static void assertSame(Map<String, float[]> found, Map<String, float[]> expected) {
    assertThat(found.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, values) -> assertThat(found.get(name)).as(name).containsExactly(values));
  }
}
