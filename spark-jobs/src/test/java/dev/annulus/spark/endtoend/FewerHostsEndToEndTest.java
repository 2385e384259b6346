package dev.annulus.spark.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A host is gone for good: the run says what is missing and ends; submitted again with a mesh that
 * fits what is left, it goes on from its checkpoint.
 */
@Tag("soak")
@Tag("namespaces")
@Timeout(value = 900, unit = TimeUnit.SECONDS)
class FewerHostsEndToEndTest {
  private static final Duration PATIENCE = Duration.ofSeconds(240);

  @TempDir Path temporary;

  @BeforeAll
  static void needsNamespaces() {
    Namespaces.missing().ifPresent(why -> abort(why));
  }

  @Test
  void aRunThatLostAHostForGoodEndsAndGoesOnWithFewerWorkers() throws Exception {
    TinyRun local = TinyRun.write(temporary.resolve("local"), 4, 1, 5);
    List<String> data =
        List.of(
            "data.sources.0.path=" + local.folder().resolve("docs.jsonl"),
            "data.packed_dir=" + temporary.resolve("packed"));
    List<String> train = new ArrayList<>(List.of("train", "--config", "run.yaml"));
    train.addAll(data);
    AnnulusProcess.Result whole = AnnulusProcess.run(local.folder(), train.toArray(String[]::new));
    assertThat(whole.exitCode()).as(whole.err()).isZero();

    try (NamespaceCluster cluster = NamespaceCluster.start(temporary.resolve("cluster"), 2, 2)) {
      TinyRun tiny = TinyRun.write(temporary.resolve("run"), 4, 1, 5);
      List<String> impatient = new ArrayList<>(data);
      impatient.add("run.wait_for_workers_seconds=5");
      NamespaceRun run =
          NamespaceRun.start(cluster, tiny, NamespaceCluster.QUICK_EXECUTORS, impatient);
      run.awaitSteps(7, PATIENCE);
      cluster.kill(2);
      Await.until("giving up", PATIENCE, () -> !run.driver().isAlive(), run::output);
      assertThat(run.driver().exitValue()).isEqualTo(1);
      assertThat(run.output())
          .contains("the run needs 4 slots at once, the cluster has")
          .contains("gave up (run.wait_for_workers_seconds)")
          .contains("parallel.context x parallel.data that fit");

      List<String> fewer = new ArrayList<>(data);
      fewer.add("parallel.context=2");
      NamespaceRun rest =
          NamespaceRun.start(cluster, tiny, NamespaceCluster.QUICK_EXECUTORS, fewer);
      rest.awaitSuccess(PATIENCE);
      assertThat(tiny.losses()).hasSize(tiny.steps());
      for (int step = 0; step < tiny.steps(); step++) {
        double expected = Double.parseDouble(local.losses().get(step));
        assertThat(Double.parseDouble(tiny.losses().get(step)))
            .as("loss of step " + (step + 1))
            .isCloseTo(expected, within(1e-4 * expected));
      }
    }
  }
}
