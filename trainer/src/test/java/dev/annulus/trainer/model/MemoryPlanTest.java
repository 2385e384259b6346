package dev.annulus.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.config.DeviceSettings;
import dev.annulus.config.DeviceSettings.Kind;
import dev.annulus.config.DeviceSettings.Memory;
import dev.annulus.config.DeviceSettings.Precision;
import dev.annulus.config.InvalidInputException;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import dev.annulus.device.reference.ReferenceDevice;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import dev.annulus.ring.RingAttention;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class MemoryPlanTest {
  private static final LlamaConfig BILLION =
      LlamaConfig.fromRunConfig(
          Map.of(
              "vocab_size", 32_000,
              "hidden_size", 2048,
              "intermediate_size", 5632,
              "num_hidden_layers", 22,
              "num_attention_heads", 16,
              "num_key_value_heads", 8,
              "head_dim", 128));

  private static final long WEIGHTS = ParameterLayout.of(BILLION).size();

  @Test
  void autoKeepsAsMuchAsFits() {
    assertThat(retention(Memory.AUTO, 75, 8192)).isEqualTo(Retention.EVERYTHING);
    assertThat(retention(Memory.AUTO, 75, 65_536)).isEqualTo(Retention.ATTENTION);
    assertThat(retention(Memory.AUTO, 75, 262_144)).isEqualTo(Retention.INPUT);
    assertThat(retention(Memory.FULL, 75, 8192)).isEqualTo(Retention.INPUT);
    assertThat(retention(Memory.SELECTIVE, 75, 8192)).isEqualTo(Retention.ATTENTION);
  }

  @Test
  void saysWhatWouldFit() {
    assertThatThrownBy(() -> retention(Memory.NONE, 75, 65_536))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("device.memory")
        .hasMessageContaining("none needs 88")
        .hasMessageContaining("selective, which fits");
    assertThatThrownBy(() -> retention(Memory.AUTO, 75, 2_000_000))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("full needs")
        .hasMessageContaining("a longer ring (parallel.context)");
  }

  @ParameterizedTest
  @EnumSource(Retention.class)
  void isWhatAModelTakes(Retention retention) {
    LlamaConfig config = TinyModels.config(2, false);
    int tokens = 1000;
    for (DataType type : new DataType[] {DataType.FLOAT32, DataType.BFLOAT16}) {
      ComputeSettings settings = new ComputeSettings(type, retention);
      try (Device device = new ReferenceDevice();
          DeviceArena arena = device.newArena();
          Link link = InProcessNetwork.create(1, Duration.ofSeconds(5), () -> false).getFirst();
          RingAttention ring = new RingAttention(device, config.attentionShape(), link, tokens)) {
        Parameters weights = Parameters.allocate(arena, ParameterLayout.of(config));
        long copies = type == DataType.FLOAT32 ? 0 : type.bytes() * weights.layout().size();
        long before = device.peakBytes();
        try (LlamaModel model = new LlamaModel(device, config, weights, ring, tokens, settings)) {
          assertThat(model.weights().compute().flat().type()).isEqualTo(type);
          long expected = ActivationBytes.of(config, settings, true, tokens);
          long taken = device.peakBytes() - before - copies;
          // The ring's part of the estimate is taken when it is first needed.
          assertThat(taken).isBetween((long) (0.95 * expected), expected);
        }
      }
    }
  }

  private static Retention retention(Memory memory, long gibibytes, long tokens) {
    DeviceSettings settings =
        new DeviceSettings(Kind.CUDA, Precision.BFLOAT16, memory, OptionalInt.empty());
    return MemoryPlan.of(settings, BILLION, new Sized(gibibytes << 30), WEIGHTS, tokens)
        .settings()
        .retention();
  }

  /** A GPU of which nothing is known but its memory. */
  private record Sized(long availableBytes) implements Device {
    @Override
    public String describe() {
      return "a GPU";
    }

    @Override
    public boolean computesIn(DataType type) {
      return true;
    }

    @Override
    public boolean hasHostMemory() {
      return false;
    }

    @Override
    public DeviceArena newArena() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Kernels kernels() {
      throw new UnsupportedOperationException();
    }

    @Override
    public AttentionKernel attention() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void upload(MemorySegment host, Tensor tensor) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void download(Tensor tensor, MemorySegment host) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long peakBytes() {
      return 0;
    }

    @Override
    public void close() {}
  }
}
