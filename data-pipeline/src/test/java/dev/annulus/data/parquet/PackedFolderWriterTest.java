package dev.annulus.data.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.data.pack.PackedRow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackedFolderWriterTest {
  @TempDir Path parent;

  private List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aWriterThatIsNotCommittedLeavesWhatWasThere() throws IOException {
    Path folder = parent.resolve("16");
    List<PackedRow> rows = PackedSamples.write(folder, 16, 20, 1);
    byte[] before = Files.readAllBytes(folder.resolve("manifest.json"));
    try (PackedFolderWriter writer =
        new PackedFolderWriter(folder.toString(), 16, PackedSamples.CONF)) {
      writer.write(rows.getFirst());
      assertThat(names(parent)).hasSize(2);
    }
    assertThat(names(parent)).containsExactly("16");
    assertThat(Files.readAllBytes(folder.resolve("manifest.json"))).isEqualTo(before);
  }

  @Test
  void takesThePlaceOfAnOlderFolderAndSweepsWhatDeadWritersLeft() throws IOException {
    Path folder = parent.resolve("16");
    Files.createDirectories(parent.resolve(".16.dead.tmp"));
    Files.writeString(parent.resolve(".16.dead.tmp/part-00000.parquet"), "half");
    Files.createDirectories(parent.resolve(".32.dead.tmp"));
    PackedSamples.write(folder, 16, 20, 1);
    Files.writeString(folder.resolve("stray"), "of an older format");
    PackedSamples.write(folder, 16, 30, 2);
    assertThat(names(parent)).containsExactly(".32.dead.tmp", "16");
    assertThat(names(folder)).containsExactly("manifest.json", "part-00000.parquet");
  }

  @Test
  void theSameRowsGiveTheSameBytes() throws IOException {
    PackedSamples.write(parent.resolve("a"), 64, 300, 9);
    PackedSamples.write(parent.resolve("b"), 64, 300, 9);
    for (String name : names(parent.resolve("a"))) {
      assertThat(parent.resolve("a").resolve(name))
          .hasSameBinaryContentAs(parent.resolve("b").resolve(name));
    }
  }

  /** Wherever in a part the disk fills up. */
  @Test
  void aFullDiskLeavesWhatWasThere() throws IOException {
    Path folder = parent.resolve("16");
    PackedSamples.write(folder, 16, 40, 1);
    long part = Files.size(folder.resolve("part-00000.parquet"));
    byte[] before = Files.readAllBytes(folder.resolve("manifest.json"));
    for (long room : new long[] {0, 100, part / 2, part - 1}) {
      assertThatThrownBy(
              () ->
                  PackedSamples.write(
                      "full:" + folder, 16, 1 << 22, 40, 1, FullDisk.configuration(room)))
          .as("room for %d bytes", room)
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("16")
          .hasRootCauseMessage("No space left on device");
      assertThat(names(parent)).containsExactly("16");
      assertThat(folder.resolve("manifest.json")).hasBinaryContent(before);
    }
  }

  @Test
  void aPlaceThatCannotBeWrittenIsNamed() throws IOException {
    Files.writeString(parent.resolve("file"), "not a folder");
    assertThatThrownBy(() -> PackedSamples.write(parent.resolve("file/16"), 16, 20, 1))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("file/");
  }
}
