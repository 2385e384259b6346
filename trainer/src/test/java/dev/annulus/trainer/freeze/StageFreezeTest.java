package dev.annulus.trainer.freeze;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.HalfFineTuningSettings;
import dev.annulus.config.InvalidInputException;
import dev.annulus.config.OptimizerSettings;
import dev.annulus.config.ScheduleSettings;
import dev.annulus.config.StageSettings;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.ParameterNames;
import dev.annulus.trainer.model.ParameterSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class StageFreezeTest {
  private static final LlamaConfig MODEL =
      LlamaConfig.fromRunConfig(
          Map.of(
              "vocab_size", 31,
              "hidden_size", 16,
              "intermediate_size", 24,
              "num_hidden_layers", 2,
              "num_attention_heads", 4,
              "num_key_value_heads", 2));

  private static StageSettings stage(HalfFineTuningSettings half, List<String> freeze) {
    return new StageSettings(
        "only",
        8,
        OptionalDouble.empty(),
        1,
        1,
        1e-3,
        new ScheduleSettings(ScheduleSettings.Name.CONSTANT, 0, 1),
        new OptimizerSettings(OptimizerSettings.Name.ADAMW, 0.9, 0.95, 1e-8, 0.1, 1.0),
        half,
        freeze,
        List.of(),
        Optional.empty());
  }

  @Test
  void patternsThatFreezeTheOtherHalfLeaveNothing() {
    HalfFineTuningSettings half =
        new HalfFineTuningSettings(true, 7, HalfFineTuningSettings.Mode.CYCLIC);
    List<String> rest =
        new ArrayList<>(
            List.of(ParameterNames.EMBEDDING, ParameterNames.FINAL_NORM, ParameterNames.HEAD));
    for (ParameterSpec spec : ParameterLayout.of(MODEL).specs()) {
      if (!CyclicFreeze.frozen(3, MODEL.layers()).contains(spec.name())
          && !rest.contains(spec.name())) {
        rest.add(spec.name());
      }
    }
    assertThatThrownBy(() -> StageFreeze.of(stage(half, rest), 3, MODEL, Map::of))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("stages.3.freeze")
        .hasMessageContaining("at least one tensor left to train");
    List<String> butOne = rest.subList(1, rest.size());
    assertThat(StageFreeze.of(stage(half, butOne), 3, MODEL, Map::of).trainable().specs())
        .singleElement()
        .satisfies(spec -> assertThat(spec.name()).isEqualTo(ParameterNames.EMBEDDING));
  }

  @Test
  void noGradientsChooseMoreThanAtMost() {
    StageSettings greedy =
        stage(new HalfFineTuningSettings(true, 7, HalfFineTuningSettings.Mode.GREEDY), List.of());
    long most = StageFreeze.atMost(greedy, 0, MODEL).trainable().size();
    long seed = 20260101;
    Random random = new Random(seed);
    for (int draw = 0; draw < 50; draw++) {
      Map<String, Double> gradients = new HashMap<>();
      for (ParameterSpec spec : ParameterLayout.of(MODEL).specs()) {
        gradients.put(spec.name(), random.nextDouble());
      }
      assertThat(StageFreeze.of(greedy, 0, MODEL, () -> gradients).trainable().size())
          .as("draw %d of seed %d", draw, seed)
          .isLessThanOrEqualTo(most);
    }
  }
}
