package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk that is full in the middle of a run, on a small file system in memory; skipped where the
 * user may not mount one.
 */
final class FullDiskTest {
  @TempDir Path folder;

  @Test
  void aCheckpointThatDoesNotFitEndsTheRunAndLeavesTheLastWhole() throws Exception {
    TinyInput input = TinyInput.write(folder, 2, 1);
    try (SmallDisk disk = SmallDisk.mount(input.out(), 150)) {
      assertThat(disk.folder()).isDirectory();
      CommandRun run = input.run("train", "data.packed_dir=" + input.path("packed"), "--json");
      assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
      assertThat(run.err().lines()).as("one clear message").hasSize(2);
      assertThat(run.errors().getFirst())
          .contains("No space left on device", input.out().toString());
      assertThat(input.halfWritten()).isEmpty();
      assertThat(input.outFiles())
          .contains("checkpoints/step-00000001/manifest.json")
          .noneMatch(name -> name.startsWith("final"));
    }
  }

  @Test
  void packedRowsThatDoNotFitLeaveNothing() throws Exception {
    TinyInput input = TinyInput.write(folder);
    try (SmallDisk disk = SmallDisk.mount(input.out(), 4)) {
      assertThat(disk.folder()).isDirectory();
      CommandRun run = input.run("prepare");
      assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
      assertThat(run.errors().getFirst()).contains("No space left on device", "packed/32");
      assertThat(input.outFiles()).isSubsetOf("packed");
    }
  }

  private record SmallDisk(Path folder) implements AutoCloseable {
    static SmallDisk mount(Path folder, int kibibytes) throws IOException {
      Files.createDirectories(folder);
      boolean mounted =
          run("mount", "-t", "tmpfs", "-o", "size=" + kibibytes + "k", "tmpfs", folder.toString());
      assumeTrue(mounted, "only a user who may mount file systems can make a full disk");
      return new SmallDisk(folder);
    }

    @Override
    public void close() {
      assertThat(run("umount", folder.toString())).isTrue();
    }

    private static boolean run(String... command) {
      try {
        return new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor()
            == 0;
      } catch (IOException e) {
        // No such program here: as good as not allowed.
        return false;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted", e);
      }
    }
  }
}
