package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.HalfFineTuningSettings;
import dev.annulus.config.HalfFineTuningSettings.Mode;
import dev.annulus.config.StageSettings;
import dev.annulus.data.read.PackedRows;
import dev.annulus.trainer.freeze.HalfFineTuning;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HalfFineTuningRunTest {
  @TempDir Path root;

  private static StageSettings half(String name, long seed) {
    return frozen(name, new HalfFineTuningSettings(true, seed), List.of());
  }

  private static StageSettings frozen(
      String name, HalfFineTuningSettings half, List<String> freeze) {
    StageSettings plain = TinyRun.stage(name, 24, 5, 2);
    return new StageSettings(
        plain.name(),
        plain.sequenceLength(),
        plain.ropeTheta(),
        plain.steps(),
        plain.sequencesPerStep(),
        plain.learningRate(),
        plain.schedule(),
        plain.optimizer(),
        half,
        freeze,
        List.of(),
        Optional.empty());
  }

  @Test
  void frozenTensorsKeepTheirBitsOverTheirStageAndHaveNoState() throws Exception {
    TinyRun run = TinyRun.of(half("first", 7), half("second", 7)).mesh(2, 1).checkpoints(0, 2);
    Gang gang = new Gang(run, root, stage -> RowsInMemory.random(5, 7, 24, 31, false));
    gang.run();

    Path first = root.resolve("checkpoints/step-00000005");
    Path second = root.resolve("checkpoints/step-00000010");
    Map<String, float[]> before = TrainedFiles.weights(first.resolve("model"));
    Map<String, float[]> after = TrainedFiles.weights(second.resolve("model"));
    Set<String> frozen = HalfFineTuning.frozen(7, 1, 2);
    before.forEach(
        (name, values) -> {
          if (frozen.contains(name)) {
            assertThat(after.get(name)).as("frozen %s", name).containsExactly(values);
          } else {
            assertThat(after.get(name)).as("trained %s", name).isNotEqualTo(values);
          }
        });
    Set<String> moments = TrainedFiles.moments(second, "exp_avg").keySet();
    assertThat(moments).doesNotContainAnyElementsOf(frozen);
    assertThat(moments.size() + frozen.size()).isEqualTo(before.size());
    assertThat(HalfFineTuning.frozen(7, 0, 2)).as("drawn anew").isNotEqualTo(frozen);
    assertThat(gang.notices).anyMatch(line -> line.contains("half fine-tuning trains"));
  }

  @Test
  void theGreedyHalfIsKeptOverARestartInTheMiddleOfItsStage() throws Exception {
    StageSettings greedy =
        frozen("greedy", new HalfFineTuningSettings(true, 7, Mode.GREEDY), List.of());
    TinyRun run = TinyRun.of(greedy).mesh(2, 2).checkpoints(2, 2);
    Path whole = root.resolve("whole");
    Path stopped = root.resolve("stopped");
    new Gang(run, whole, HalfFineTuningRunTest::rows).run();
    assertThatThrownBy(
            () ->
                new Gang(run, stopped, HalfFineTuningRunTest::rows)
                    .listener(
                        report -> {
                          if (report.step() == 3) {
                            throw new IllegalStateException("power cut");
                          }
                        })
                    .run())
        .hasMessage("power cut");
    Gang resumed = new Gang(run, stopped, HalfFineTuningRunTest::rows);
    assertThat(resumed.run().getFirst().resumedFrom()).isEqualTo(2);

    Map<String, float[]> expected = TrainedFiles.weights(whole.resolve("final"));
    Map<String, float[]> found = TrainedFiles.weights(stopped.resolve("final"));
    expected.forEach(
        (name, values) -> assertThat(found.get(name)).as(name).containsExactly(values));
    Set<String> moments =
        TrainedFiles.moments(whole.resolve("checkpoints/step-00000005"), "exp_avg").keySet();
    // Two blocks: two of attention and a norm in each, three of the feed-forward in both.
    assertThat(moments).hasSize(expected.size() - 2 * 3 - 3);
  }

  @Test
  void namedTensorsKeepTheirBits() throws Exception {
    StageSettings named =
        frozen(
            "named",
            new HalfFineTuningSettings(false, 7),
            List.of("model.embed_tokens.weight", "model.layers.1.*"));
    Gang gang = new Gang(TinyRun.of(named).checkpoints(1, 9), root, HalfFineTuningRunTest::rows);
    gang.run();
    Map<String, float[]> early =
        TrainedFiles.weights(root.resolve("checkpoints/step-00000001/model"));
    Map<String, float[]> late = TrainedFiles.weights(root.resolve("final"));
    early.forEach(
        (name, values) -> {
          boolean frozen =
              name.equals("model.embed_tokens.weight") || name.startsWith("model.layers.1.");
          assertThat(Arrays.equals(late.get(name), values)).as(name).isEqualTo(frozen);
        });
    assertThat(gang.notices).anyMatch(line -> line.contains("10 tensors are frozen"));
  }

  private static PackedRows rows(int stage) {
    return RowsInMemory.random(5, 7, 24, 31, false);
  }
}
