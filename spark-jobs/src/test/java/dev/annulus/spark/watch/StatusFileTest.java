package dev.annulus.spark.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.annulus.config.InvalidInputException;
import dev.annulus.spark.console.Console;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StatusFileTest {
  @TempDir Path folder;

  private long now = 5;
  private final GangView view = new GangView(2, () -> now);
  private final List<String> warnings = new ArrayList<>();

  private StatusFile file(Path in) {
    return new StatusFile(view, in, "tiny", 40, warnings::add);
  }

  private String printed(StatusReport report, long ageMs) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(text, true, StandardCharsets.UTF_8);
    report.print(new Console(stream, stream, false, false), report.writtenAtMs() + ageMs);
    return text.toString(StandardCharsets.UTF_8);
  }

  @Test
  void whatTheDriverSawIsRead() throws IOException {
    view.onStep(Tellings.step(6, 100));
    view.onCheckpoint(5, 0.5);
    view.onStatus(Tellings.waits(1, "b", 6, 0, "keys of block 3 at step 7", 2500));
    now += TimeUnit.SECONDS.toNanos(3);
    file(folder).write(StatusReport.State.RUNNING);
    StatusReport report = StatusFile.read(folder);
    assertThat(report.step()).isEqualTo(6);
    assertThat(report.secondsSinceStep()).isEqualTo(3);
    assertThat(report.checkpointStep()).isEqualTo(5);
    assertThat(report.ranks().get(0).heard()).isFalse();
    assertThat(report.ranks().get(1).status().waitsFor()).isZero();
    assertThat(printed(report, 1000))
        .contains("Run tiny running: step 6 of 40 (stage short, loss 2.5000), 40,960 tokens/s")
        .contains("0 restarts, newest checkpoint of step 5.")
        .containsPattern("0 +- +- +- +- +- +- +never +-")
        .containsPattern(
            "1 +b +CPU +6 +25.0 % +1.0 KB +2.0 KB +4 s ago +waits for 0: keys of block 3 at step"
                + " 7, 3 s")
        .doesNotContain("warning");
    assertThat(StatusFile.toJson(report)).containsKeys("written_at_ms", "ranks");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(Path::getFileName).map(Path::toString)).containsExactly("status.json");
    }
  }

  @Test
  void aDriverThatIsGoneIsNoticedByTheAgeOfWhatItWrote() {
    file(folder).write(StatusReport.State.RUNNING);
    assertThat(printed(StatusFile.read(folder), 60_000))
        .contains("warning: the driver wrote this 60 s ago and does so every 2 s");
    file(folder).write(StatusReport.State.FINISHED);
    assertThat(printed(StatusFile.read(folder), 60_000)).doesNotContain("warning");
  }

  @Test
  void aFolderThatCannotBeWrittenIsToldOnceAndStopsNothing() throws IOException {
    Path blocked = Files.writeString(folder.resolve("blocked"), "a file").resolve("out");
    StatusFile file = file(blocked);
    file.write(StatusReport.State.RUNNING);
    file.write(StatusReport.State.RUNNING);
    assertThat(warnings).singleElement().asString().contains("status.json cannot be written to");
  }

  @Test
  void whatIsNoStatusIsRefused() throws IOException {
    assertProblem("no such file");
    Files.writeString(folder.resolve("status.json"), "{\"format\": 1, ");
    assertProblem("damaged");
    Files.writeString(folder.resolve("status.json"), "{\"format\": 7}");
    assertProblem("a status of format 7");
  }

  private void assertProblem(String value) {
    assertThatExceptionOfType(InvalidInputException.class)
        .isThrownBy(() -> StatusFile.read(folder))
        .satisfies(e -> assertThat(e.problems().getFirst().value()).contains(value));
  }
}
