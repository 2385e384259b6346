package dev.annulus.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.device.reference.ReferenceDevice;
import dev.annulus.link.Link;
import dev.annulus.link.SilentLink;
import dev.annulus.ring.RingAttention;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is computed twice, in chunks or from the host has the same bits as what is kept. */
final class RetentionTest {
  /** Blocks enough for memory on the device to be used by several in turn. */
  private static final LlamaConfig CONFIG =
      LlamaConfig.fromRunConfig(
          Map.of(
              "vocab_size", 61,
              "hidden_size", 32,
              "intermediate_size", 48,
              "num_hidden_layers", 5,
              "num_attention_heads", 4,
              "num_key_value_heads", 2));

  private static final Map<String, double[]> WEIGHTS = TinyModels.randomWeights(CONFIG, 11);
  private static final PackedRow ROW =
      Rows.pack(Rows.documents(6, CONFIG.vocabSize(), 9, 1, 14, 2, 7), 37, false);
  private static final PackedRow OTHER =
      Rows.single(Rows.documents(7, CONFIG.vocabSize(), 41).getFirst(), false);

  static List<Arguments> ways() {
    List<Arguments> ways = new ArrayList<>();
    for (int ranks : new int[] {1, 3}) {
      for (DataType type : new DataType[] {DataType.FLOAT32, DataType.BFLOAT16}) {
        for (boolean offload : new boolean[] {false, true}) {
          for (Retention retention : new Retention[] {Retention.ATTENTION, Retention.INPUT}) {
            ways.add(Arguments.of(ranks, new ComputeSettings(type, retention, offload)));
          }
        }
      }
    }
    return ways;
  }

  @ParameterizedTest
  @MethodSource("ways")
  void givesTheSameBits(int ranks, ComputeSettings settings) throws Exception {
    ComputeSettings everything = new ComputeSettings(settings.type(), Retention.EVERYTHING);
    RingRun.Result kept = run(device(settings.type()), ranks, everything);
    for (Supplier<Device> device : devices(settings)) {
      same(run(device, ranks, settings), kept);
    }
  }

  /** A copy to or from the host may be over at once, or only when it is waited for. */
  private static List<Supplier<Device>> devices(ComputeSettings settings) {
    Supplier<Device> device = device(settings.type());
    return settings.offload()
        ? List.of(device, () -> new LateCopies(device.get()))
        : List.of(device);
  }

  private static Supplier<Device> device(DataType type) {
    return type == DataType.FLOAT32 ? CpuDevice::new : ReferenceDevice::new;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 8, 40})
  void aChunkIsOfAnySize(int chunk) throws Exception {
    RingRun.Result whole =
        new RingRun(ReferenceDevice::new, CONFIG, WEIGHTS).chunk(1000).run(ROW, OTHER);
    Stream<ComputeSettings> all =
        Stream.of(Retention.EVERYTHING, Retention.ATTENTION, Retention.INPUT)
            .map(r -> new ComputeSettings(DataType.FLOAT32, r));
    RingRun.Result first = null;
    for (ComputeSettings settings : all.toList()) {
      RingRun.Result chunked =
          new RingRun(ReferenceDevice::new, CONFIG, WEIGHTS)
              .chunk(chunk)
              .compute(settings)
              .run(ROW, OTHER);
      assertThat(chunked.losses()).isEqualTo(whole.losses());
      assertThat(TinyModels.worstError(chunked.gradients(), whole.gradients()))
          .isLessThanOrEqualTo(1e-6);
      if (first == null) {
        first = chunked;
      }
      same(chunked, first);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, FLOAT32", "1, BFLOAT16", "3, FLOAT32", "3, BFLOAT16"})
  void aForwardPassThatRetainsNothingGivesTheSameLosses(int ranks, DataType type) throws Exception {
    RingRun.Result kept = run(device(type), ranks, new ComputeSettings(type, Retention.EVERYTHING));
    RingRun.Result forward = run(device(type), ranks, new ComputeSettings(type, Retention.NOTHING));
    assertThat(forward.forwardLoss()).isEqualTo(kept.forwardLoss()).isPositive();
    assertThat(forward.losses()).isEqualTo(kept.losses());
  }

  @Test
  void noBackwardPassFollowsWhereNothingIsRetained() throws Exception {
    try (Device device = new ReferenceDevice();
        DeviceArena arena = device.newArena();
        Link nobody = new SilentLink(0, 1);
        RingAttention ring = new RingAttention(device, CONFIG.attentionShape(), nobody, 8)) {
      Parameters weights = Parameters.allocate(arena, ParameterLayout.of(CONFIG));
      ComputeSettings nothing = new ComputeSettings(DataType.FLOAT32, Retention.NOTHING);
      try (LlamaModel model = new LlamaModel(device, CONFIG, weights, ring, 8, nothing)) {
        assertThatThrownBy(() -> model.forwardBackward(null, null, 1, 1f, weights))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("retains nothing");
      }
    }
  }

  @Test
  void onlyWhatIsKeptBesidesTheRestGoesToTheHost() {
    for (Retention retention : List.of(Retention.EVERYTHING, Retention.NOTHING)) {
      assertThatThrownBy(() -> new ComputeSettings(DataType.FLOAT32, retention, true))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static void same(RingRun.Result actual, RingRun.Result expected) {
    assertThat(actual.loss()).isEqualTo(expected.loss());
    assertThat(actual.forwardLoss()).isEqualTo(expected.forwardLoss());
    assertThat(actual.losses()).isEqualTo(expected.losses());
    expected
        .gradients()
        .forEach((name, values) -> assertThat(actual.gradients().get(name)).isEqualTo(values));
  }

  private static RingRun.Result run(Supplier<Device> device, int ranks, ComputeSettings settings)
      throws Exception {
    return new RingRun(device, CONFIG, WEIGHTS)
        .ring(ranks, Layout.ZIGZAG)
        .chunk(8)
        .compute(settings)
        .run(ROW, OTHER);
  }
}
