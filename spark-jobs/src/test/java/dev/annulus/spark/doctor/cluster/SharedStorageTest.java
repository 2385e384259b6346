package dev.annulus.spark.doctor.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SharedStorageTest {
  @TempDir Path folder;

  private SharedStorage storage(String where) {
    return new SharedStorage(where, ".check", new Configuration(), 20_000);
  }

  @Test
  void oneWritesAnotherReadsAndNothingStays() throws Exception {
    SharedStorage writer = storage(folder.resolve("new/run").toString());
    assertThat(writer.write()).isPositive();
    assertThat(storage(folder.resolve("new/run").toString()).read()).isPositive();
    writer.delete();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void whatWasThereStays() throws Exception {
    Files.writeString(folder.resolve("mine"), "x");
    SharedStorage writer = storage(folder.toString());
    writer.write();
    writer.delete();
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(folder.resolve("mine"));
    }
  }

  @Test
  void aFolderThatOthersDoNotSeeIsTold() {
    assertThatThrownBy(() -> storage(folder.toString()).read())
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("reading failed:")
        .hasMessageContaining(".check");
  }

  @Test
  void otherBytesThanThoseWrittenAreTold() throws Exception {
    SharedStorage writer = storage(folder.toString());
    writer.write();
    // Not what Hadoop's own checksum would find: that is beside the file, on another host.
    Files.deleteIfExists(folder.resolve("..check.crc"));
    Files.write(folder.resolve(".check"), new byte[] {1}, StandardOpenOption.APPEND);
    assertThatThrownBy(() -> storage(folder.toString()).read())
        .hasMessageContaining("bytes that are not the");
    writer.delete();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aFolderThatCannotBeWrittenIsTold() throws Exception {
    Files.writeString(folder.resolve("file"), "x");
    assertThatThrownBy(() -> storage(folder.resolve("file/run").toString()).write())
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("writing failed:");
  }
}
