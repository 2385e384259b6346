package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.config.HalfFineTuningSettings;
import dev.annulus.config.StageSettings;
import dev.annulus.trainer.freeze.HalfFineTuning;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HalfFineTuningRunTest {
  @TempDir Path root;

  private static StageSettings half(String name, long seed) {
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
        new HalfFineTuningSettings(true, seed));
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
    Set<String> moments =
        TrainedFiles.tensors(second.resolve("optimizer/exp_avg.safetensors")).keySet();
    assertThat(moments).doesNotContainAnyElementsOf(frozen);
    assertThat(moments.size() + frozen.size()).isEqualTo(before.size());
    assertThat(HalfFineTuning.frozen(7, 0, 2)).as("drawn anew").isNotEqualTo(frozen);
    assertThat(gang.notices).anyMatch(line -> line.contains("half fine-tuning trains"));
  }
}
