package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operators get wrong, each told in one clear line, with nothing left behind. */
final class WrongClusterTest {
  @TempDir Path folder;

  private TinyInput input() {
    return TinyInput.write(folder, 2, 1);
  }

  private static void assertNothingIsLeft(TinyInput input) {
    assertThat(input.halfWritten()).isEmpty();
    assertThat(input.outFiles()).noneMatch(name -> name.startsWith("final"));
    assertThat(Thread.getAllStackTraces().keySet())
        .as("threads of workers")
        .noneMatch(thread -> thread.getName().startsWith("annulus-"));
    if (ProcessFootprint.canBeTaken()) {
      assertThat(ProcessFootprint.sharedFilesOfThisProcess()).isEmpty();
    }
  }

  @Test
  void twoJobsOnTheSamePorts() throws Exception {
    TinyInput input = input();
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = other.getLocalPort();
      String range = "transport.ports=" + port + "-" + port;
      CommandRun run = input.run("train", range, "transport.kind=tcp");
      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(run.errors().getFirst())
          .contains("transport.ports")
          .contains(Integer.toString(port));
      assertNothingIsLeft(input);
    }
  }

  @Test
  void aCheckpointFolderOfAnotherRun() {
    TinyInput input = input();
    CommandRun.done(input.command("train", "stages.1.steps=1", "--quiet"));
    byte[] before = input.read("out/checkpoints/step-00000003/state.json");
    CommandRun run = input.run("train", "model.config.hidden_size=32");
    run.wrongInput("hidden_size: 16 (expected 32, as the run's model has it; or another");
    assertThat(input.read("out/checkpoints/step-00000003/state.json")).isEqualTo(before);
  }

  @Test
  void aSecretThatIsAskedForAndNotThere() {
    TinyInput input = input();
    input.run("train", "transport.authentication=on").wrongInput("transport.authentication");
    input
        .run("train", "transport.kind=tcp", "transport.secret_file=" + input.path("none"))
        .wrongInput("transport.secret_file");
    assertNothingIsLeft(input);
  }
}
