package dev.annulus.data.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.InvalidInputException;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.data.read.RowPart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParquetPackedRowsTest {
  @TempDir Path parent;

  private static void assertSame(String what, PackedRow actual, PackedRow expected) {
    assertThat(actual.inputIds()).as(what).isEqualTo(expected.inputIds());
    assertThat(actual.targetIds()).as(what).isEqualTo(expected.targetIds());
    assertThat(actual.segmentIds()).as(what).isEqualTo(expected.segmentIds());
    assertThat(actual.positionIds()).as(what).isEqualTo(expected.positionIds());
    assertThat(actual.lossWeights()).as(what).isEqualTo(expected.lossWeights());
  }

  @Test
  void readsEveryRowInAnyOrder() {
    Path folder = parent.resolve("100");
    // 163 rows a group; several groups.
    List<PackedRow> rows = PackedSamples.write(folder, 100, 700, 1);
    try (ParquetPackedRows read = ParquetPackedRows.open(folder.toString())) {
      assertThat(read.size()).isEqualTo(rows.size()).isGreaterThan(3 * 163);
      assertThat(read.sequenceLength()).isEqualTo(100);
      assertThat(read.manifest().rowsPerGroup()).isEqualTo(163);
      SplittableRandom random = new SplittableRandom(2);
      for (int i = 0; i < 2 * rows.size(); i++) {
        int index = i < rows.size() ? i : random.nextInt(rows.size());
        assertSame("row " + index, read.row(index), rows.get(index));
      }
      assertThatThrownBy(() -> read.row(rows.size())).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> read.row(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void severalPartsAndLongRows() throws IOException {
    Path folder = parent.resolve("long");
    // Longer than a row group wants to be, and more parts than stay open.
    int length = 20_000;
    List<PackedRow> rows = PackedSamples.write(folder, length, length, 20, 3);
    assertThat(rows).hasSizeGreaterThan(16);
    try (ParquetPackedRows read = ParquetPackedRows.open(folder.toUri().toString())) {
      assertThat(read.manifest().parts()).hasSameSizeAs(rows);
      for (int index = rows.size() - 1; index >= 0; index--) {
        assertThat(Arrays.equals(read.row(index).inputIds(), rows.get(index).inputIds())).isTrue();
        assertThat(read.row(index)).isSameAs(read.row(index));
      }
    }
    try (Stream<Path> files = Files.list(parent)) {
      assertThat(files).containsExactly(folder);
    }
  }

  @Test
  void namesATruncatedFile() throws IOException {
    Path folder = parent.resolve("16");
    PackedSamples.write(folder, 16, 50, 4);
    Path part = folder.resolve("part-00000.parquet");
    byte[] whole = Files.readAllBytes(part);
    for (int length : new int[] {0, 3, 10, whole.length / 2, whole.length - 1}) {
      Files.write(part, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> readAll(folder))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("part-00000.parquet")
          .hasMessageContaining(length + " bytes");
    }
    Files.delete(part);
    assertThatThrownBy(() -> readAll(folder))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("part-00000.parquet: no such file");
  }

  /** Any byte may be wrong: either the rows are still right, or the file is named. */
  @Test
  void namesADamagedFile() throws IOException {
    Path folder = parent.resolve("16");
    List<PackedRow> rows = PackedSamples.write(folder, 16, 10, 5);
    Path part = folder.resolve("part-00000.parquet");
    byte[] whole = Files.readAllBytes(part);
    int named = 0;
    for (long seed = 0; seed < 80; seed++) {
      byte[] damaged = whole.clone();
      SplittableRandom random = new SplittableRandom(seed);
      damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      Files.write(part, damaged);
      try (ParquetPackedRows read = ParquetPackedRows.open(folder.toString())) {
        for (int i = 0; i < rows.size(); i++) {
          assertSame("seed " + seed + " row " + i, read.row(i), rows.get(i));
        }
      } catch (InvalidInputException e) {
        assertThat(e).as("seed %d", seed).hasMessageContaining("part-00000.parquet");
        named++;
      }
    }
    assertThat(named).isGreaterThan(40);
  }

  private static void readAll(Path folder) {
    try (ParquetPackedRows rows = ParquetPackedRows.open(folder.toString())) {
      for (int i = 0; i < rows.size(); i++) {
        rows.row(i);
      }
    }
  }

  /**
   * Rows that fill a row group of their own are read in part; the part is that of the whole row.
   */
  @Test
  void aPartIsThatOfTheRow() {
    int length = 1 << 15;
    List<PackedRow> written = PackedSamples.write(parent.resolve("long"), length, 6, 4);
    SplittableRandom random = new SplittableRandom(4);
    try (ParquetPackedRows rows = ParquetPackedRows.open(parent.resolve("long").toString())) {
      for (int r = 0; r < written.size(); r++) {
        int[] indices =
            IntStream.range(0, length).filter(i -> random.nextInt(4) == 0 || i > 30_000).toArray();
        RowPart part = rows.part(r, documents -> indices);
        RowPart expected = RowPart.of(written.get(r), documents -> indices);
        assertThat(part.documents()).isEqualTo(expected.documents());
        assertThat(part.inputIds()).isEqualTo(expected.inputIds());
        assertThat(part.targetIds()).isEqualTo(expected.targetIds());
        assertThat(part.positionIds()).isEqualTo(expected.positionIds());
        assertThat(part.lossWeights()).isEqualTo(expected.lossWeights());
      }
      assertThat(rows.part(0, documents -> new int[0]).tokens()).isZero();
      assertThat(rows.row(0).inputIds()).isEqualTo(written.getFirst().inputIds());
    }
  }
}
