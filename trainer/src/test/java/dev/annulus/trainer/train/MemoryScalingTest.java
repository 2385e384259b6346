package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.config.DeviceSettings;
import dev.annulus.config.DeviceSettings.Kind;
import dev.annulus.config.DeviceSettings.Memory;
import dev.annulus.config.DeviceSettings.Precision;
import dev.annulus.config.ParallelSettings;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.config.ParallelSettings.Route;
import dev.annulus.config.RunConfig;
import dev.annulus.device.counting.DeviceTraits;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.plan.HeldMemory;
import dev.annulus.trainer.plan.RunPlan;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a worker holds is a constant and so many bytes for each token of its own: linear as rows
 * grow, and halved but for the constant as the ring doubles. Counted by running the model.
 */
final class MemoryScalingTest {
  private static final Map<String, Object> MODEL =
      Map.of(
          "vocab_size", 4096,
          "hidden_size", 64,
          "intermediate_size", 256,
          "num_hidden_layers", 4,
          "num_attention_heads", 4,
          "num_key_value_heads", 2);

  private static final int ROW = 1 << 17;

  private static final DeviceTraits CPU =
      new DeviceTraits("a CPU", false, true, Long.MAX_VALUE, Long.MAX_VALUE);

  private static HeldMemory held(DeviceTraits device, Memory memory, int row, int ranks) {
    boolean gpu = !device.hostMemory();
    RunConfig config =
        TinyRun.of(TinyRun.stage("only", row, 1, 1)).model(MODEL).config("not-written");
    RunConfig with =
        new RunConfig(
            config.run(),
            config.model(),
            config.data(),
            config.evaluation(),
            new ParallelSettings(ranks, 1, Layout.ZIGZAG, Route.RING),
            new DeviceSettings(
                gpu ? Kind.CUDA : Kind.CPU,
                gpu ? Precision.BFLOAT16 : Precision.FLOAT32,
                memory,
                OptionalInt.empty()),
            config.transport(),
            config.stages(),
            config.checkpoint(),
            config.spark());
    return RunPlan.of(with, LlamaConfig.fromRunConfig(MODEL), device).fullest().memory();
  }

  @ParameterizedTest
  @CsvSource({
    "false, NONE", "false, SELECTIVE", "false, FULL", "false, OFFLOAD",
    "true, NONE", "true, SELECTIVE", "true, FULL", "true, OFFLOAD"
  })
  void isLinearInTheWorkersTokens(boolean gpu, Memory memory) {
    DeviceTraits device = gpu ? DeviceTraits.gpuElsewhere() : CPU;
    HeldMemory half = held(device, memory, ROW / 2, 4);
    HeldMemory whole = held(device, memory, ROW, 4);
    HeldMemory twice = held(device, memory, 2 * ROW, 4);
    HeldMemory longerRing = held(device, memory, 2 * ROW, 8);

    assertThat(twice.total() - whole.total()).isEqualTo(2 * (whole.total() - half.total()));
    assertThat(twice.host()).isEqualTo(2 * whole.host());
    // As many tokens a worker, as many bytes; moments are shared out over all ranks.
    long longer = longerRing.total() - longerRing.moments() + whole.moments();
    assertThat(longer).isEqualTo(whole.total());
    long constant = 2 * whole.total() - twice.total();
    long weights = whole.weights() + whole.copies() + whole.gradients() + whole.moments();
    // Beside weights, logits and what passes through chunks.
    assertThat(constant - weights).isBetween(0L, gpu ? 120L << 20 : 40L << 20);
    assertThat(longer - constant).isEqualTo((twice.total() - constant) / 2);
    System.out.printf(
        "%s, %s: %d bytes a token and %d beside weights and what belongs to them%n",
        device.description(),
        memory,
        (twice.total() - constant) / (2 * ROW / 4),
        constant - weights);
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void eachSettingHoldsLess(boolean gpu) {
    DeviceTraits device = gpu ? DeviceTraits.gpuElsewhere() : CPU;
    long none = held(device, Memory.NONE, ROW, 4).total();
    long selective = held(device, Memory.SELECTIVE, ROW, 4).total();
    HeldMemory full = held(device, Memory.FULL, ROW, 4);
    HeldMemory offload = held(device, Memory.OFFLOAD, ROW, 4);
    assertThat(selective).isLessThan(none);
    assertThat(full.total()).isLessThan(selective);
    if (gpu) {
      assertThat(offload.total()).isLessThan(full.total());
      assertThat(offload.host()).isGreaterThan(full.host());
    } else {
      assertThat(offload).isEqualTo(full);
    }
  }
}
