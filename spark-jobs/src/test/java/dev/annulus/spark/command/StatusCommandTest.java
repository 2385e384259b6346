package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StatusCommandTest {
  @TempDir Path folder;

  @Test
  void aRunLeavesWhatItsWorkersToldLast() {
    TinyInput input = TinyInput.write(folder, 2, 1);
    CommandRun.done(input.command("train", "--quiet"));
    CommandRun status = CommandRun.done("status", input.out().toString());
    assertThat(status.err()).isEmpty();
    assertThat(status.out())
        .contains("Run tiny finished: step 4 of 4 (stage long, loss ")
        .contains("0 restarts, newest checkpoint of step 4.")
        .containsPattern("0 +127.0.0.1 +CPU +4 .* has finished")
        .containsPattern("1 +127.0.0.1 +CPU +4 .* has finished");
    JsonNode json = CommandRun.done("status", input.out().toString(), "--json", "--quiet").json();
    assertThat(json.get("state").asText()).isEqualTo("FINISHED");
    assertThat(json.get("ranks").size()).isEqualTo(2);
    assertThat(json.get("ranks").get(1).get("status").get("host").asText()).isEqualTo("127.0.0.1");
  }

  @Test
  void aRunThatFailedSaysSo() {
    TinyInput input = TinyInput.write(folder, 2, 1);
    input.run("train", "stages.0.learning_rate=1e30", "stages.0.optimizer.max_grad_norm=0");
    assertThat(CommandRun.done("status", input.out().toString()).out())
        .contains("Run tiny failed: step 1 of 4 (stage short, loss ");
  }

  @Test
  void aFolderWithoutARunIsTold() {
    CommandRun.of("status", folder.toString()).wrongInput("status.json: no such file");
  }
}
