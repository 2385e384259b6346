package dev.annulus.spark.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A run that is killed and started again ends with the bits of the run that was left alone. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class KillAndResumeEndToEndTest {
  @TempDir Path temporary;

  @Test
  void killedTwiceEndsWithTheSameBits() throws Exception {
    TinyRun undisturbed = TinyRun.write(temporary.resolve("undisturbed"), 4, 1);
    AnnulusProcess.Result whole = AnnulusProcess.run(undisturbed.folder(), train("--json"));
    assertThat(whole.exitCode()).as(whole.err()).isZero();
    assertThat(whole.json().get("steps").asLong()).isEqualTo(TinyRun.STEPS);
    assertThat(whole.json().get("resumed_from").asLong()).isZero();

    TinyRun killed = TinyRun.write(temporary.resolve("killed"), 4, 1);
    killAfterSteps(killed, 4);
    killAfterSteps(killed, 9);
    AnnulusProcess.Result resumed = AnnulusProcess.run(killed.folder(), train("--json"));
    assertThat(resumed.exitCode()).as(resumed.err()).isZero();
    assertThat(resumed.json().get("resumed_from").asLong()).isPositive();

    assertThat(killed.finalWeights()).isEqualTo(undisturbed.finalWeights());
    assertThat(losses(killed)).isEqualTo(losses(undisturbed)).hasSize(TinyRun.STEPS);
  }

  /** Runs until so many steps are logged, then kills the process as {@code kill -9} does. */
  private static void killAfterSteps(TinyRun run, int steps) throws Exception {
    Process process = AnnulusProcess.start(run.folder(), train());
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (run.stepsLogged() < steps) {
      assertThat(System.nanoTime()).as("waiting for step " + steps).isLessThan(deadline);
      boolean ended = process.waitFor(5, TimeUnit.MILLISECONDS);
      assertThat(ended)
          .as("ended before step %s: %s", steps, Files.readString(run.folder().resolve("stderr")))
          .isFalse();
    }
    process.destroyForcibly();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as("killed, not finished").isEqualTo(128 + 9);
  }

  private static String[] train(String... options) {
    List<String> arguments = new ArrayList<>(List.of("train", "--config", "run.yaml"));
    arguments.addAll(List.of(options));
    // Enough steps are left after each kill: a kill never meets the end of the run.
    return arguments.toArray(String[]::new);
  }

  private static List<Double> losses(TinyRun run) throws Exception {
    List<Double> losses = new ArrayList<>();
    for (String line : Files.readAllLines(run.metrics())) {
      JsonNode step = new ObjectMapper().readTree(line);
      assertThat(step.get("step").asInt()).isEqualTo(losses.size() + 1);
      losses.add(step.get("loss").asDouble());
    }
    return losses;
  }
}
