package dev.annulus.spark.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The application jar under spark-submit, with executors in processes of their own: blocks travel
 * between processes, encrypted with keys from Spark's secret. The result has the bits of the run in
 * one process, also if workers are lost on the way.
 */
@Timeout(value = 400, unit = TimeUnit.SECONDS)
class SparkSubmitEndToEndTest {
  @TempDir Path temporary;

  @Test
  void separateExecutorsTrainToTheSameBits() throws Exception {
    TinyRun local = local();
    SubmittedRun submitted =
        SubmittedRun.start(temporary, List.of(), List.of("transport.encryption=aes-gcm"));
    String output = submitted.awaitSuccess(200);
    assertThat(submitted.run().finalWeights()).isEqualTo(local.finalWeights());
    assertThat(output).contains("aes-256-gcm").doesNotContain(SubmittedRun.SECRET);
    assertThat(Files.readString(submitted.run().folder().resolve("out/config.yaml")))
        .contains("encryption: aes_gcm")
        .doesNotContain(SubmittedRun.SECRET);
  }

  /** One worker is killed, later another stands still without a word, as a host that hangs does. */
  @Test
  void lostWorkersAreNoticedAndTheRunGoesOnByItself() throws Exception {
    TinyRun local = local();
    SubmittedRun submitted =
        SubmittedRun.start(
            temporary,
            List.of("spark.network.timeout=8s", "spark.executor.heartbeatInterval=2s"),
            List.of());
    try {
      awaitStep(submitted, 4);
      submitted.executors().getFirst().destroyForcibly();
      awaitStep(submitted, 9);
      long frozen = submitted.executors().getLast().pid();
      // The shell's own: not every machine has the program.
      assertThat(new ProcessBuilder("sh", "-c", "kill -STOP " + frozen).start().waitFor()).isZero();
      String output = submitted.awaitSuccess(150);
      assertThat(output)
          .contains("the workers start again from the last checkpoint (restart 1 of at most 3)")
          .contains("the workers start again from the last checkpoint (restart 2 of at most 3)")
          .contains("The run goes on with step");
      assertThat(submitted.run().finalWeights()).isEqualTo(local.finalWeights());
      assertThat(submitted.run().stepsLogged()).isEqualTo(submitted.run().steps());
    } finally {
      submitted.kill();
    }
  }

  private TinyRun local() {
    TinyRun local = TinyRun.write(temporary.resolve("local"), 2, 1);
    AnnulusProcess.Result whole =
        AnnulusProcess.run(local.folder(), "train", "--config", "run.yaml");
    assertThat(whole.exitCode()).as(whole.err()).isZero();
    return local;
  }

  private static void awaitStep(SubmittedRun submitted, long step) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (submitted.run().stepsLogged() < step) {
      assertThat(submitted.isAlive()).as(submitted.output()).isTrue();
      assertThat(System.nanoTime()).as("waiting for step " + step).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }
}
