package dev.annulus.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.cuda.CudaDevice;
import dev.annulus.device.cuda.CudaUnavailableException;
import dev.annulus.device.reference.ReferenceDevice;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The model on a GPU against the model on the reference device. */
@Tag("gpu")
final class CudaModelTest {
  private static final int[] LENGTHS = {9, 1, 14, 2, 7, 64, 33};
  private static final int ROW = 140;

  @BeforeEach
  void requireGpu() {
    try {
      CudaDevice.requireUsable(0);
    } catch (CudaUnavailableException e) {
      abort("no GPU to test on: " + e.getMessage());
    }
  }

  private static Device gpu() {
    return new CudaDevice(0);
  }

  @ParameterizedTest
  @CsvSource({"4, false, false", "2, true, true", "1, false, true"})
  void fp32MatchesTheReference(int kvHeads, boolean tied, boolean byExample) throws Exception {
    LlamaConfig config = TinyModels.config(kvHeads, tied);
    Map<String, double[]> weights = TinyModels.randomWeights(config, 11);
    PackedRow row = Rows.pack(documents(config), ROW, byExample);

    RingRun.Result exact = new RingRun(ReferenceDevice::new, config, weights).run(row);
    RingRun.Result onGpu = new RingRun(CudaModelTest::gpu, config, weights).run(row);

    assertThat(onGpu.loss()).isCloseTo(exact.loss(), within(1e-6 * exact.loss()));
    for (int t = 0; t < ROW; t++) {
      assertThat(onGpu.losses()[t]).isCloseTo(exact.losses()[t], within(1e-5f));
    }
    assertThat(TinyModels.worstError(onGpu.gradients(), exact.gradients())).isLessThan(1e-5);
  }

  /** Within twice the error of the computation that rounds what it stores and nothing else. */
  @ParameterizedTest
  @CsvSource({"tiny", "usual"})
  void bf16IsAsExactAsAPlainComputation(String size) throws Exception {
    LlamaConfig config = size.equals("tiny") ? TinyModels.config(2, false) : usual();
    Map<String, double[]> weights = TinyModels.randomWeights(config, 11);
    PackedRow row = Rows.pack(documents(config), ROW, false);

    RingRun.Result exact = new RingRun(ReferenceDevice::new, config, weights).run(row);
    RingRun.Result plain =
        new RingRun(ReferenceDevice::new, config, weights)
            .compute(DataType.BFLOAT16, Retention.EVERYTHING)
            .run(row);
    RingRun.Result onGpu =
        new RingRun(CudaModelTest::gpu, config, weights)
            .compute(DataType.BFLOAT16, Retention.EVERYTHING)
            .run(row);

    double error = TinyModels.worstError(onGpu.gradients(), exact.gradients());
    double budget = 2 * TinyModels.worstError(plain.gradients(), exact.gradients());
    System.out.printf(
        "bf16 %s: loss %.6f, plain bf16 %.6f, exact %.6f; gradients %.2e of a budget of %.2e%n",
        size, onGpu.loss(), plain.loss(), exact.loss(), error, budget);
    assertThat(error).isLessThanOrEqualTo(budget);
    assertThat(onGpu.loss()).isCloseTo(exact.loss(), within(2e-3 * exact.loss()));
  }

  /** Several workers, one GPU: blocks travel through pinned memory of the host. */
  @ParameterizedTest
  @CsvSource({
    "2, FLOAT32, ZIGZAG",
    "4, FLOAT32, MASK_AWARE",
    "2, BFLOAT16, ZIGZAG",
    "4, BFLOAT16, ZIGZAG",
    "4, BFLOAT16, STRIPED"
  })
  void aRingOfWorkersEqualsOne(int ranks, DataType type, Layout layout) throws Exception {
    LlamaConfig config = usual();
    Map<String, double[]> weights = TinyModels.randomWeights(config, 11);
    PackedRow row = Rows.pack(documents(config), ROW, false);

    RingRun.Result exact = new RingRun(ReferenceDevice::new, config, weights).run(row);
    RingRun.Result plain =
        new RingRun(ReferenceDevice::new, config, weights)
            .compute(type, Retention.EVERYTHING)
            .run(row);
    RingRun.Result ring =
        new RingRun(CudaModelTest::gpu, config, weights)
            .compute(type, Retention.EVERYTHING)
            .ring(ranks, layout)
            .run(row);

    boolean fp32 = type == DataType.FLOAT32;
    double error = TinyModels.worstError(ring.gradients(), exact.gradients());
    double budget = fp32 ? 1e-5 : 2 * TinyModels.worstError(plain.gradients(), exact.gradients());
    System.out.printf(
        "ring of %d, %s, %s: loss %.6f, exact %.6f; gradients %.2e of a budget of %.2e%n",
        ranks, type, layout, ring.loss(), exact.loss(), error, budget);
    assertThat(error).isLessThanOrEqualTo(budget);
    assertThat(ring.loss()).isCloseTo(exact.loss(), within((fp32 ? 1e-6 : 2e-3) * exact.loss()));
  }

  @ParameterizedTest
  @CsvSource({
    "EVERYTHING, false",
    "ATTENTION, false",
    "INPUT, false",
    "ATTENTION, true",
    "INPUT, true"
  })
  void everyRetentionAndEveryRunGivesTheSameBits(Retention retention, boolean offload)
      throws Exception {
    LlamaConfig config = usual();
    Map<String, double[]> weights = TinyModels.randomWeights(config, 11);
    PackedRow row = Rows.pack(documents(config), ROW, false);

    RingRun.Result kept =
        new RingRun(CudaModelTest::gpu, config, weights)
            .compute(DataType.BFLOAT16, Retention.EVERYTHING)
            .chunk(256)
            .run(row);
    RingRun.Result other =
        new RingRun(CudaModelTest::gpu, config, weights)
            .compute(new ComputeSettings(DataType.BFLOAT16, retention, offload))
            .chunk(256)
            .run(row);

    assertThat(other.losses()).isEqualTo(kept.losses());
    assertThat(TinyModels.worstError(other.gradients(), kept.gradients())).isZero();
  }

  @Test
  void frozenTensorsGetNoGradient() throws Exception {
    LlamaConfig config = TinyModels.config(2, false);
    Map<String, double[]> weights = TinyModels.randomWeights(config, 11);
    PackedRow row = Rows.pack(documents(config), ROW, false);
    RingRun.Result some =
        new RingRun(CudaModelTest::gpu, config, weights)
            .compute(DataType.BFLOAT16, Retention.EVERYTHING)
            .trained(name -> name.contains("q_proj") || name.contains("input_layernorm"))
            .run(row);
    RingRun.Result all =
        new RingRun(CudaModelTest::gpu, config, weights)
            .compute(DataType.BFLOAT16, Retention.EVERYTHING)
            .run(row);
    assertThat(some.gradients()).hasSize(4);
    some.gradients()
        .forEach((name, values) -> assertThat(values).isEqualTo(all.gradients().get(name)));
  }

  private static List<int[]> documents(LlamaConfig config) {
    return Rows.documents(2, config.vocabSize(), LENGTHS);
  }

  /** Heads and sizes that the fast kernels are made for, small otherwise. */
  private static LlamaConfig usual() {
    return LlamaConfig.fromRunConfig(
        Map.of(
            "vocab_size", 96,
            "hidden_size", 256,
            "intermediate_size", 384,
            "num_hidden_layers", 3,
            "num_attention_heads", 4,
            "num_key_value_heads", 2,
            "head_dim", 128));
  }
}
