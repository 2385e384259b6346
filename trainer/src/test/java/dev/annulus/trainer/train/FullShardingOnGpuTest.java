package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.annulus.device.Device;
import dev.annulus.device.cuda.CudaDevice;
import dev.annulus.device.cuda.CudaUnavailableException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code parallel.sharding: full} by workers that share a GPU: the bits of {@code optimizer}. */
@Tag("gpu")
final class FullShardingOnGpuTest {
  private static final int LENGTH = 96;

  private static final Map<String, Object> MODEL =
      Map.of(
          "vocab_size", 32,
          "hidden_size", 128,
          "intermediate_size", 256,
          "num_hidden_layers", 3,
          "num_attention_heads", 2,
          "num_key_value_heads", 1,
          "head_dim", 64);

  @TempDir Path root;

  @BeforeEach
  void requireGpu() {
    gpu().close();
  }

  private static Device gpu() {
    try {
      return new CudaDevice(0);
    } catch (CudaUnavailableException e) {
      return abort("no GPU to test on: " + e.getMessage());
    }
  }

  private Gang gang(TinyRun run, String name, boolean bfloat16) {
    Gang gang =
        new Gang(run, root.resolve(name), stage -> RowsInMemory.random(5, 11, LENGTH, 31, false))
            .device(FullShardingOnGpuTest::gpu);
    return bfloat16 ? gang.bfloat16() : gang;
  }

  @ParameterizedTest
  @CsvSource({"2, 1, false", "2, 1, true", "2, 2, true"})
  void theSameBits(int context, int data, boolean bfloat16) throws Exception {
    TinyRun run =
        TinyRun.of(TinyRun.stage("only", LENGTH, 6, data)).model(MODEL).mesh(context, data);
    Gang optimizer = gang(run, "optimizer", bfloat16);
    optimizer.run();
    Gang full = gang(run, "full", bfloat16).fullSharding();
    full.run();
    for (int i = 0; i < 6; i++) {
      assertThat(full.reports.get(i).loss())
          .as("step %d", i + 1)
          .isEqualTo(optimizer.reports.get(i).loss());
      assertThat(full.reports.get(i).gradNorm())
          .isPositive()
          .isEqualTo(optimizer.reports.get(i).gradNorm());
    }
    Map<String, float[]> expected = TrainedFiles.weights(root.resolve("optimizer/final"));
    TrainedFiles.weights(root.resolve("full/final"))
        .forEach((name, values) -> assertThat(values).as(name).containsExactly(expected.get(name)));
  }
}
