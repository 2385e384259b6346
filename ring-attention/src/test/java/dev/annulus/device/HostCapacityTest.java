package dev.annulus.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HostCapacityTest {
  @TempDir Path host;

  private HostCapacity capacity;

  @BeforeEach
  void thisHost() {
    capacity = new HostCapacity(host.resolve("meminfo"), host);
  }

  private void write(String file, String text) throws IOException {
    Files.writeString(host.resolve(file), text);
  }

  @Test
  void isWhatTheKernelSaysIsAvailable() throws IOException {
    write("meminfo", "MemTotal:       32000 kB\nMemFree:  5 kB\nMemAvailable:    16000 kB\n");
    assertThat(capacity.availableBytes()).isEqualTo(16_000L * 1024);
  }

  @Test
  void isNoMoreThanTheControlGroupMayHave() throws IOException {
    write("meminfo", "MemAvailable:    16000 kB\n");
    write("memory.max", "5000000\n");
    write("memory.current", "3000000\n");
    write("memory.stat", "anon 1\ninactive_file 1200000\nactive_file 7\n");
    assertThat(capacity.availableBytes()).isEqualTo(3_200_000);
  }

  @Test
  void aGroupWithoutLimitAllowsAll() throws IOException {
    write("meminfo", "MemAvailable:    16000 kB\n");
    write("memory.max", "max\n");
    write("memory.current", "3000000\n");
    assertThat(capacity.availableBytes()).isEqualTo(16_000L * 1024);
  }

  @Test
  void whereNobodySaysThereIsNoLimit() throws IOException {
    assertThat(capacity.availableBytes()).isEqualTo(Long.MAX_VALUE);
    write("meminfo", "MemAvailable: much\n");
    assertThat(capacity.availableBytes()).isEqualTo(Long.MAX_VALUE);
  }
}
