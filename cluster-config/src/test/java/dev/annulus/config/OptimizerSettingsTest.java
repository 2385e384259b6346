package dev.annulus.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class OptimizerSettingsTest {
  private static OptimizerSettings read(String optimizer) {
    return RunConfigReader.read(
            "run.yaml", Examples.MINIMAL, List.of("stages.0.optimizer=" + optimizer))
        .stages()
        .getFirst()
        .optimizer();
  }

  @Test
  void theDefaultsDependOnTheName() {
    assertThat(read("{name: adamw}"))
        .isEqualTo(new OptimizerSettings(OptimizerSettings.Name.ADAMW, 0.9, 0.95, 1e-8, 0.1, 1));
    assertThat(read("{name: zo_sgd}")).isEqualTo(OptimizerSettings.zerothOrder(1e-3, 0));
    assertThat(read("{name: zo_sgd, eps: 0.01, weight_decay: 0.2, max_grad_norm: 0}"))
        .isEqualTo(OptimizerSettings.zerothOrder(0.01, 0.2));
  }

  @Test
  void whatNeedsGradientsIsRefusedTogether() {
    assertThatThrownBy(
            () ->
                RunConfigReader.read(
                    "run.yaml",
                    Examples.MINIMAL,
                    List.of(
                        "stages.0.optimizer={name: zo_sgd, betas: [0.9, 0.9], max_grad_norm: 1}",
                        "stages.0.half_fine_tuning={enabled: true, mode: greedy}")))
        .isInstanceOfSatisfying(
            InvalidInputException.class, e -> assertThat(e.problems()).hasSize(3))
        .hasMessageContaining("optimizer.betas: given (expected left out: zo_sgd keeps no moments")
        .hasMessageContaining("optimizer.max_grad_norm: 1.0 (expected 0 or left out")
        .hasMessageContaining("half_fine_tuning.mode: greedy (expected random or cyclic");
  }

  @Test
  void isWrittenAsItIsRead() {
    String override = "stages.0.optimizer={name: zo_sgd, eps: 0.01}";
    RunConfig config = RunConfigReader.read("run.yaml", Examples.MINIMAL, List.of(override));
    String text = RunConfigWriter.write(config);
    assertThat(text).doesNotContain("betas").contains("zo_sgd");
    assertThat(RunConfigReader.read("config.yaml", text, List.of())).isEqualTo(config);
  }
}
