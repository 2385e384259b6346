package dev.annulus.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.data.pack.PackedRow;
import dev.annulus.device.DataType;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.device.reference.ReferenceDevice;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/** bf16 activations, on the device that computes exactly and rounds what it stores. */
final class BFloat16ModelTest {
  private final LlamaConfig config = TinyModels.config(2, true);
  private final Map<String, double[]> weights = TinyModels.randomWeights(config, 11);
  private final PackedRow row =
      Rows.pack(Rows.documents(2, config.vocabSize(), 9, 1, 14, 2, 7), 37, false);

  @Test
  void isNearFp32AndGradientsAreFp32() throws Exception {
    RingRun.Result exact = new RingRun(ReferenceDevice::new, config, weights).run(row);
    RingRun.Result rounded =
        new RingRun(ReferenceDevice::new, config, weights)
            .compute(DataType.BFLOAT16, Retention.EVERYTHING)
            .run(row);

    assertThat(rounded.loss()).isNotEqualTo(exact.loss());
    assertThat(rounded.loss()).isCloseTo(exact.loss(), within(2e-3 * exact.loss()));
    // A rounding is some 1.5e-3 in norm, a gradient goes through about thirty, and the worst tensor
    // of so narrow a model is some sums that nearly cancel.
    assertThat(TinyModels.worstError(rounded.gradients(), exact.gradients())).isLessThan(0.05);
    assertThat(DoubleStream.of(rounded.gradients().get(ParameterNames.FINAL_NORM)))
        .anyMatch(value -> Float.floatToRawIntBits((float) (double) value) << 16 != 0);
  }

  @Test
  void computedTwiceHasTheSameBits() throws Exception {
    RingRun.Result kept =
        new RingRun(ReferenceDevice::new, config, weights)
            .compute(DataType.BFLOAT16, Retention.EVERYTHING)
            .run(row);
    RingRun.Result twice =
        new RingRun(ReferenceDevice::new, config, weights)
            .compute(DataType.BFLOAT16, Retention.INPUT)
            .run(row);
    assertThat(twice.losses()).isEqualTo(kept.losses());
    assertThat(TinyModels.worstError(twice.gradients(), kept.gradients())).isZero();
  }

  @Test
  void isRefusedByTheCpu() {
    assertThatThrownBy(
            () ->
                new RingRun(CpuDevice::new, config, weights)
                    .compute(DataType.BFLOAT16, Retention.EVERYTHING)
                    .run(row))
        .hasStackTraceContaining("activations of BFLOAT16 on CPU");
  }
}
