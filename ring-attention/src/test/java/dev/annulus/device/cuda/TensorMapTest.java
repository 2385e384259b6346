package dev.annulus.device.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.device.DataType;
import dev.annulus.device.Tensor;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

/** What the driver is told of a tensor. Needs no GPU. */
class TensorMapTest {
  @Test
  void describesRowsOfHeadsInChunksOf128Bytes() {
    TensorMap map = new TensorMap(4096, 1000, 8, 128, 64);
    assertThat(map.sizes()).containsExactly(64, 1000, 2, 8);
    assertThat(map.strides()).containsExactly(8 * 128 * 2, 128, 256);
    assertThat(map.box()).containsExactly(64, 64, 2, 1);
    assertThat(map.steps()).containsExactly(1, 1, 1, 1);
  }

  /** The element that a map's coordinates name is the one that the row-major tensor has there. */
  @Test
  void coordinatesNameTheElementsOfTheTensor() {
    int heads = 3;
    int dim = 128;
    TensorMap map = new TensorMap(0, 5, heads, dim, 128);
    long[] strides = map.strides();
    for (int token = 0; token < 5; token++) {
      for (int head = 0; head < heads; head++) {
        for (int column = 0; column < dim; column++) {
          long bytes =
              2L * (column % 64)
                  + token * strides[0]
                  + column / 64 * strides[1]
                  + head * strides[2];
          assertThat(bytes).isEqualTo(2L * (token * heads * dim + head * dim + column));
        }
      }
    }
  }

  @Test
  void refusesWhatTheCopyEngineCannotRead() {
    assertThatThrownBy(() -> new TensorMap(8, 1, 1, 64, 64)).hasMessageContaining("multiple of 16");
    assertThatThrownBy(() -> new TensorMap(0, 0, 1, 64, 64)).hasMessageContaining("0 tokens");
    assertThatThrownBy(() -> new TensorMap(0, 1, 1, 96, 64)).hasMessageContaining("heads of 96");
    try (Arena arena = Arena.ofConfined()) {
      Tensor floats = new Tensor(arena.allocate(4 * 64), DataType.FLOAT32, 1, 64);
      assertThatThrownBy(() -> TensorMap.of(floats, 0, 64, 64))
          .hasMessageContaining("FLOAT32 [1, 64], expected BFLOAT16");
    }
  }
}
