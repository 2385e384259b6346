package dev.annulus.trainer.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.config.ScheduleSettings;
import dev.annulus.config.ScheduleSettings.Name;
import org.junit.jupiter.api.Test;

class LearningRateTest {
  private static double at(Name name, int warmup, double ratio, int steps, int step) {
    return LearningRate.at(new ScheduleSettings(name, warmup, ratio), 0.5, steps, step);
  }

  @Test
  void warmUpRisesInALineFromZeroToThePeak() {
    for (Name name : Name.values()) {
      assertThat(at(name, 4, 0.1, 10, 1)).isEqualTo(0.125);
      assertThat(at(name, 4, 0.1, 10, 3)).isEqualTo(0.375);
      assertThat(at(name, 4, 0.1, 10, 4)).isEqualTo(0.5);
    }
  }

  @Test
  void constantStaysAtThePeak() {
    assertThat(at(Name.CONSTANT, 0, 0.1, 10, 1)).isEqualTo(0.5);
    assertThat(at(Name.CONSTANT, 4, 0.1, 10, 10)).isEqualTo(0.5);
  }

  @Test
  void linearFallsToTheFloorAtTheLastStep() {
    assertThat(at(Name.LINEAR, 2, 0.2, 10, 6)).isEqualTo((0.5 + 0.1) / 2, within(1e-15));
    assertThat(at(Name.LINEAR, 2, 0.2, 10, 10)).isEqualTo(0.1, within(1e-15));
    assertThat(at(Name.LINEAR, 0, 0, 10, 1)).isEqualTo(0.45, within(1e-15));
  }

  @Test
  void cosineFallsToTheFloorAtTheLastStep() {
    assertThat(at(Name.COSINE, 2, 0.2, 10, 6)).isEqualTo(0.3, within(1e-15));
    assertThat(at(Name.COSINE, 2, 0.2, 10, 4))
        .isEqualTo(0.1 + 0.4 * (1 + Math.sqrt(0.5)) / 2, within(1e-15));
    assertThat(at(Name.COSINE, 2, 0.2, 10, 10)).isEqualTo(0.1, within(1e-15));
  }

  @Test
  void warmUpMayTakeTheWholeStage() {
    assertThat(at(Name.COSINE, 10, 0, 10, 10)).isEqualTo(0.5);
    assertThat(at(Name.LINEAR, 20, 0, 10, 10)).isEqualTo(0.25);
  }

  @Test
  void stepsOutsideTheStageAreRefused() {
    assertThatThrownBy(() -> at(Name.LINEAR, 0, 0, 10, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> at(Name.LINEAR, 0, 0, 10, 11))
        .hasMessageContaining("step 11 of a stage of 10");
  }
}
