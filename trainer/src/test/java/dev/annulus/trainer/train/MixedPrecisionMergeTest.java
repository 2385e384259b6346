package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.MergeMethodSettings;
import dev.annulus.config.MergePrecision;
import dev.annulus.config.StageMergeSettings;
import dev.annulus.config.StageSettings;
import dev.annulus.data.read.PackedRows;
import dev.annulus.device.reference.ReferenceDevice;
import dev.annulus.trainer.huggingface.MemoryTempDir;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The running merge of a run in bf16, where a model has its weights twice. */
class MixedPrecisionMergeTest {
  private static final int STEPS = 2;

  @TempDir(factory = MemoryTempDir.class)
  static Path root;

  private static Gang whole;

  private static final class PowerCut extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private static StageSettings stage(String name) {
    return TinyRun.stage(name, 12, STEPS, 1);
  }

  /** A stage, its merge (which takes most of what it changed back), another stage. */
  private static TinyRun merging() {
    StageMergeSettings merge =
        new StageMergeSettings(
            MergeMethodSettings.of(MergeMethodSettings.Method.TASK_ARITHMETIC),
            List.of(),
            MergePrecision.FLOAT32);
    return TinyRun.of(stage("a").withMerge(merge), stage("b")).inOrder().checkpoints(1, 9);
  }

  /** The same rows in every stage. */
  private static PackedRows rows(int stage) {
    return RowsInMemory.random(5, 4, 12, 31, false);
  }

  private static Gang gang(TinyRun run, String name) {
    return new Gang(run, root.resolve(name), MixedPrecisionMergeTest::rows)
        .device(ReferenceDevice::new)
        .bfloat16();
  }

  @BeforeAll
  static void runWithoutInterruption() throws Exception {
    whole = gang(merging(), "whole");
    whole.run();
  }

  @Test
  void theNextStageIsThatOfARunThatStartsFromTheMergedModel() throws Exception {
    String merged = root.resolve("whole/merge/0-a/merged").toString();
    Gang alone = gang(TinyRun.of(stage("b")).modelPath(merged).inOrder(), "alone");
    alone.run();
    assertThat(whole.reports.subList(STEPS, 2 * STEPS))
        .extracting(StepReport::loss)
        .isEqualTo(alone.reports.stream().map(StepReport::loss).toList());
    assertSame("alone/final");
  }

  /** What it goes on from is the checkpoint of before the merge. */
  @Test
  void aRunThatStoppedBehindTheMergeGoesOnWithItsBits() throws Exception {
    Gang stopped =
        gang(merging(), "stopped")
            .listener(
                report -> {
                  if (report.step() == STEPS + 1) {
                    throw new PowerCut();
                  }
                });
    assertThatThrownBy(stopped::run).isInstanceOf(PowerCut.class);
    gang(merging(), "stopped").run();
    assertSame("stopped/final");
  }

  private static void assertSame(String folder) {
    Map<String, float[]> found = TrainedFiles.weights(root.resolve(folder));
    TrainedFiles.weights(root.resolve("whole/final"))
        .forEach((name, values) -> assertThat(found.get(name)).as(name).containsExactly(values));
  }
}
