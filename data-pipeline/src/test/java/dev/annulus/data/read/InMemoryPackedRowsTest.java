package dev.annulus.data.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.data.pack.PackedRow;
import java.util.List;
import org.junit.jupiter.api.Test;

class InMemoryPackedRowsTest {
  private static PackedRow row(int length) {
    return new PackedRow(
        new int[length], new int[length], new int[length], new int[length], new float[length]);
  }

  @Test
  void givesRowsByNumber() {
    PackedRow first = row(3);
    PackedRow second = row(3);
    try (PackedRows rows = new InMemoryPackedRows(List.of(first, second))) {
      assertThat(rows.size()).isEqualTo(2);
      assertThat(rows.sequenceLength()).isEqualTo(3);
      assertThat(rows.row(1)).isSameAs(second);
      assertThatThrownBy(() -> rows.row(2)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void refusesNoRowsAndUnequalRows() {
    assertThatThrownBy(() -> new InMemoryPackedRows(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new InMemoryPackedRows(List.of(row(3), row(4))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("row 1 has 4 tokens, expected 3");
  }
}
