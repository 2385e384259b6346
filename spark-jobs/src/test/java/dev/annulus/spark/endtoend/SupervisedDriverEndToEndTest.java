package dev.annulus.spark.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A driver that was handed to the cluster with {@code --deploy-mode cluster --supervise} is killed;
 * Spark starts it again, and the run ends with the bits of the undisturbed one.
 */
@Tag("soak")
@Tag("namespaces")
@Timeout(value = 900, unit = TimeUnit.SECONDS)
class SupervisedDriverEndToEndTest {
  private static final Duration PATIENCE = Duration.ofSeconds(240);

  @TempDir Path temporary;

  @BeforeAll
  static void needsNamespaces() {
    Namespaces.missing().ifPresent(why -> abort(why));
  }

  @Test
  void aDriverThatDiesGoesOnFromTheNewestCheckpoint() throws Exception {
    TinyRun local = TinyRun.write(temporary.resolve("local"), 4, 1, 3);
    List<String> data =
        List.of(
            "data.sources.0.path=" + local.folder().resolve("docs.jsonl"),
            "data.packed_dir=" + temporary.resolve("packed"));
    List<String> train = new ArrayList<>(List.of("train", "--config", "run.yaml"));
    train.addAll(data);
    AnnulusProcess.Result whole = AnnulusProcess.run(local.folder(), train.toArray(String[]::new));
    assertThat(whole.exitCode()).as(whole.err()).isZero();

    // Beside its workers' cores a host has one for the driver.
    try (NamespaceCluster cluster = NamespaceCluster.start(temporary.resolve("cluster"), 2, 3)) {
      TinyRun tiny = TinyRun.write(temporary.resolve("supervised"), 4, 1, 3).submittable();
      Process submission = cluster.submitSupervised(tiny, NamespaceCluster.QUICK_EXECUTORS, data);
      await("step 5", () -> tiny.stepsLogged() >= 5, submission);
      ProcessHandle first = driver(cluster).orElseThrow();
      first.destroyForcibly();
      StepWatch watch = StepWatch.begin(tiny);
      await(
          "another driver", () -> driver(cluster).filter(d -> !d.equals(first)).isPresent(), null);
      await("going on", watch::sawRecovery, null);
      assertThat(watch.lost()).isBetween(0L, 6L);
      await("the end of the driver", () -> driver(cluster).isEmpty(), null);
      assertThat(tiny.finalWeights()).isEqualTo(local.finalWeights());
      assertThat(tiny.losses()).isEqualTo(local.losses());
    }
  }

  private static void await(
      String what, java.util.function.BooleanSupplier holds, Process submission) {
    Await.until(
        what,
        PATIENCE,
        holds,
        () -> submission == null ? "" : "submission: " + submission.toHandle().info());
  }

  private static Optional<ProcessHandle> driver(NamespaceCluster cluster) {
    return cluster.driver(1).or(() -> cluster.driver(2));
  }
}
