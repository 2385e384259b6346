package dev.annulus.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.device.DataType;
import dev.annulus.device.cpu.CpuDevice;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is computed twice has the same bits as what is kept. */
final class RetentionTest {
  @ParameterizedTest
  @CsvSource({"1, ATTENTION", "1, INPUT", "3, ATTENTION", "3, INPUT"})
  void givesTheSameBits(int ranks, Retention retention) throws Exception {
    LlamaConfig config = TinyModels.config(2, false);
    List<int[]> documents = Rows.documents(6, config.vocabSize(), 9, 1, 14, 2, 7);
    PackedRow row = Rows.pack(documents, 37, false);
    PackedRow other = Rows.single(Rows.documents(7, config.vocabSize(), 41).getFirst(), false);

    RingRun.Result kept = run(config, ranks, Retention.EVERYTHING, row, other);
    RingRun.Result twice = run(config, ranks, retention, row, other);

    assertThat(twice.loss()).isEqualTo(kept.loss());
    assertThat(twice.losses()).isEqualTo(kept.losses());
    kept.gradients()
        .forEach((name, values) -> assertThat(twice.gradients().get(name)).isEqualTo(values));
  }

  private static RingRun.Result run(
      LlamaConfig config, int ranks, Retention retention, PackedRow... rows) throws Exception {
    return new RingRun(CpuDevice::new, config, TinyModels.randomWeights(config, 11))
        .ring(ranks, Layout.ZIGZAG)
        .compute(DataType.FLOAT32, retention)
        .run(rows);
  }
}
