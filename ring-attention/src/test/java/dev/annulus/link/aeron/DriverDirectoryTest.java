package dev.annulus.link.aeron;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.link.TransportUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DriverDirectoryTest {
  @TempDir Path base;

  @Test
  void whatDeadProcessesLeftIsRemovedAndNothingElse() throws IOException {
    long alive = ProcessHandle.current().pid();
    // Beyond the largest process id of Linux.
    Path dead = Files.createDirectories(base.resolve("annulus-99999999-1/logbuffers"));
    Path ours = Files.createDirectory(base.resolve("annulus-" + alive + "-1"));
    Path other = Files.createDirectory(base.resolve("annulus-notes"));
    Files.writeString(dead.resolve("file"), "left behind");
    Path chosen = DriverDirectory.choose(List.of(base), 1);
    assertThat(dead.getParent()).doesNotExist();
    assertThat(ours).exists();
    assertThat(other).exists();
    assertThat(chosen.getParent()).isEqualTo(base);
    assertThat(chosen.getFileName().toString()).startsWith("annulus-" + alive + "-");
    assertThat(DriverDirectory.choose(List.of(base), 1)).isNotEqualTo(chosen);
  }

  @Test
  void theFirstPlaceWithRoomIsTaken() {
    Path missing = base.resolve("missing");
    assertThat(DriverDirectory.choose(List.of(missing, base), 1).getParent()).isEqualTo(base);
  }

  @Test
  void noRoomAnywhereSaysWhereAndHowMuch() {
    Path missing = base.resolve("missing");
    assertThatThrownBy(() -> DriverDirectory.choose(List.of(missing, base), Long.MAX_VALUE))
        .isInstanceOf(TransportUnavailableException.class)
        .hasMessageContaining(missing + " is missing")
        .hasMessageContaining(base + " has ")
        .hasMessageContaining("MiB free")
        .hasMessageContaining("--shm-size");
  }
}
