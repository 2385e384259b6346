package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardLogTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.ofEpochSecond(1_700_000_000));

  @TempDir Path folder;

  private List<Path> files() throws Exception {
    try (var files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  /**
   * Byte by byte: the first record is what TensorFlow's own writer begins each file with, with this
   * wall time.
   */
  @Test
  void aFileIsRecordsOfEvents() throws Exception {
    TensorBoardLog log = TensorBoardLog.open(folder, 0, CLOCK);
    log.append(3, Map.of("train/loss", 1.5));
    byte[] bytes = Files.readAllBytes(files().getFirst());

    String versionEvent =
        "09"
            + "00000040fc54d941" // field 1, wall time
            + "1a0d"
            + HexFormat.of().formatHex("brain.Event:2".getBytes(StandardCharsets.UTF_8));
    String lossEvent =
        "09"
            + "00000040fc54d941" // field 1, wall time
            + "1003" // field 2, step
            + "2a13"
            + "0a11" // field 5, summary: field 1, a value
            + "0a0a"
            + HexFormat.of().formatHex("train/loss".getBytes(StandardCharsets.UTF_8))
            + "15"
            + "0000c03f"; // field 2, 1.5
    String hex = HexFormat.of().formatHex(bytes);
    assertThat(hex).startsWith("1800000000000000" + "a37f4b22" + versionEvent);
    assertThat(hex.substring(2 * (24 + 16))).startsWith("2000000000000000").contains(lossEvent);
    assertThat(bytes).hasSize(24 + 16 + 32 + 16);
  }

  @Test
  void aRunThatGoesOnStartsASessionInAFileOfItsOwn() throws Exception {
    TensorBoardLog.open(folder, 0, CLOCK);
    TensorBoardLog.open(folder, 7, CLOCK);
    List<Path> files = files();
    assertThat(files)
        .extracting(path -> path.getFileName().toString())
        .containsExactly(
            "events.out.tfevents.1700000000.annulus", "events.out.tfevents.1700000000.annulus.1");
    // step 8, session log with status START
    assertThat(HexFormat.of().formatHex(Files.readAllBytes(files.getLast())))
        .contains("1008" + "3a02" + "0801");
  }
}
