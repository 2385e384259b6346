package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Disks that fail in the middle of a run, by small file systems in memory; skipped where the user
 * may not mount them.
 */
final class FailingDiskTest {
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

  /** A mount point cannot be replaced: a failure that might be gone the next time. */
  @Test
  void aRestartIsOneWarningAndTheyAreBounded() throws Exception {
    TinyInput input = TinyInput.write(folder, 2, 1);
    Path checkpoint = input.out().resolve("checkpoints/step-00000002");
    try (SmallDisk disk = SmallDisk.mount(checkpoint, 4)) {
      CommandRun run = input.run("train", "run.max_restarts=2");
      assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
      String told = "rank 0 left: checkpoint of step 2 could not be written to " + disk.folder();
      assertThat(run.err().lines().filter(line -> line.startsWith("warning: ")))
          .hasSize(2)
          .allMatch(line -> line.contains(told))
          .anyMatch(line -> line.contains("from the last checkpoint (restart 1 of at most 2)"))
          .anyMatch(line -> line.contains("from the last checkpoint (restart 2 of at most 2)"));
      assertThat(run.errors().getFirst()).contains("rank 0: checkpoint of step 2");
      assertThat(input.halfWritten()).isEmpty();
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
