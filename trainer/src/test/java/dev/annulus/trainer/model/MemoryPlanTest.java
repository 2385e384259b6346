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
import org.junit.jupiter.params.provider.CsvSource;

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
    Sized gpu = new Sized(75L << 30, 115L << 30);
    assertThat(settings(Memory.AUTO, gpu, 8192)).isEqualTo(bf16(Retention.EVERYTHING, false));
    assertThat(settings(Memory.AUTO, gpu, 65_536)).isEqualTo(bf16(Retention.ATTENTION, false));
    assertThat(settings(Memory.AUTO, gpu, 327_680)).isEqualTo(bf16(Retention.INPUT, false));
    assertThat(settings(Memory.AUTO, gpu, 524_288)).isEqualTo(bf16(Retention.ATTENTION, true));
    assertThat(settings(Memory.AUTO, gpu, 1_048_576)).isEqualTo(bf16(Retention.INPUT, true));
    assertThat(settings(Memory.FULL, gpu, 8192)).isEqualTo(bf16(Retention.INPUT, false));
    assertThat(settings(Memory.SELECTIVE, gpu, 8192)).isEqualTo(bf16(Retention.ATTENTION, false));
    assertThat(settings(Memory.OFFLOAD, gpu, 8192)).isEqualTo(bf16(Retention.ATTENTION, true));
  }

  @Test
  void offloadIsFullWhereTheDeviceIsTheHost() {
    try (Device device = new ReferenceDevice()) {
      assertThat(settings(Memory.OFFLOAD, device, 1000)).isEqualTo(bf16(Retention.INPUT, false));
    }
  }

  @Test
  void blocksOfARingCount() {
    MemoryPlan alone = plan(Memory.FULL, new Sized(75L << 30, 0), 8192, 1);
    MemoryPlan ring = plan(Memory.FULL, new Sized(75L << 30, 0), 8192, 4);
    // Keys and values of 8 heads of 128: two blocks in bf16 and one that peers copy from, five of
    // gradients in fp32.
    assertThat(ring.activationBytes() - alone.activationBytes())
        .isEqualTo(8192L * 2 * 8 * 128 * (3 * 2 + 5 * 4));
  }

  @Test
  void saysWhatWouldFit() {
    Sized gpu = new Sized(75L << 30, 115L << 30);
    assertThatThrownBy(() -> settings(Memory.NONE, gpu, 65_536))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("device.memory")
        .hasMessageContaining("none needs 8")
        .hasMessageContaining("selective, which fits");
    assertThatThrownBy(() -> settings(Memory.FULL, gpu, 524_288))
        .hasMessageContaining("offload, which fits");
    assertThatThrownBy(() -> settings(Memory.AUTO, gpu, 2_000_000))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("full needs")
        .hasMessageContaining("offload of the inputs alone needs")
        .hasMessageContaining("and 103.50 GiB of the host")
        .hasMessageContaining("a longer ring (parallel.context)");
  }

  @Test
  void forwardPassesAloneFitWhereABackwardPassDoesNot() {
    // Weights, in fp32 and bf16, and the trained ones once more: 10 bytes each of 1.0 billion.
    Sized gpu = new Sized(16L << 30, 0);
    assertThatThrownBy(() -> settings(Memory.AUTO, gpu, 65_536))
        .isInstanceOf(InvalidInputException.class);
    for (Memory memory : Memory.values()) {
      MemoryPlan plan = forwardAlone(memory, gpu, 65_536, 4);
      assertThat(plan.settings()).isEqualTo(bf16(Retention.NOTHING, false));
      assertThat(plan.retained()).contains("no backward pass");
    }
    assertThatThrownBy(() -> forwardAlone(Memory.AUTO, gpu, 4_000_000, 4))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("of 4000000 tokens a forward pass alone needs")
        .hasMessageContaining("a longer ring (parallel.context)");
  }

  @Test
  void ofTheRingAForwardPassHoldsKeysAndValuesAlone() {
    Sized gpu = new Sized(75L << 30, 0);
    MemoryPlan alone = forwardAlone(Memory.AUTO, gpu, 8192, 1);
    MemoryPlan ring = forwardAlone(Memory.AUTO, gpu, 8192, 4);
    assertThat(ring.activationBytes() - alone.activationBytes())
        .isEqualTo(8192L * 2 * 8 * 128 * (3 * 2));
  }

  @ParameterizedTest
  @CsvSource({
    "EVERYTHING, false",
    "ATTENTION, false",
    "INPUT, false",
    "ATTENTION, true",
    "INPUT, true",
    "NOTHING, false"
  })
  void isWhatAModelTakes(Retention retention, boolean offload) {
    LlamaConfig config = TinyModels.config(2, false);
    int tokens = 1000;
    for (DataType type : new DataType[] {DataType.FLOAT32, DataType.BFLOAT16}) {
      ComputeSettings settings = new ComputeSettings(type, retention, offload);
      try (Device device = new ReferenceDevice();
          DeviceArena arena = device.newArena();
          Link link = InProcessNetwork.create(1, Duration.ofSeconds(5), () -> false).getFirst();
          RingAttention ring = new RingAttention(device, config.attentionShape(), link, tokens)) {
        Parameters weights = Parameters.allocate(arena, ParameterLayout.of(config));
        long copies = type == DataType.FLOAT32 ? 0 : type.bytes() * weights.layout().size();
        long before = device.peakBytes();
        try (LlamaModel model = new LlamaModel(device, config, weights, ring, tokens, settings)) {
          assertThat(model.weights().compute().flat().type()).isEqualTo(type);
          ActivationBytes expected = ActivationBytes.of(device, config, settings, tokens, 1, true);
          long taken = device.peakBytes() - before - copies;
          // The ring's part of it is taken when it is first needed.
          long delta = settings.hasBackward() ? 4L * tokens * config.queryHeads() : 0;
          assertThat(taken + delta).isEqualTo(expected.device());
          assertThat(expected.host() > 0).isEqualTo(offload);
        }
      }
    }
  }

  private static ComputeSettings bf16(Retention retention, boolean offload) {
    return new ComputeSettings(DataType.BFLOAT16, retention, offload);
  }

  private static ComputeSettings settings(Memory memory, Device device, int tokens) {
    return plan(memory, device, tokens, 1).settings();
  }

  private static MemoryPlan plan(Memory memory, Device device, int tokens, int ranks) {
    DeviceSettings settings =
        new DeviceSettings(Kind.CUDA, Precision.BFLOAT16, memory, OptionalInt.empty());
    return MemoryPlan.of(settings, BILLION, device, WEIGHTS, tokens, ranks, true);
  }

  private static MemoryPlan forwardAlone(Memory memory, Device device, int tokens, int ranks) {
    DeviceSettings settings =
        new DeviceSettings(Kind.CUDA, Precision.BFLOAT16, memory, OptionalInt.empty());
    return MemoryPlan.of(settings, BILLION, device, WEIGHTS, tokens, ranks, false);
  }

  /** A GPU of which nothing is known but its memory. */
  private record Sized(long availableBytes, long availableHostBytes) implements Device {
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
