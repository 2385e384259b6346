package dev.annulus.spark.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
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
 * A ring of four over two hosts: a standalone cluster of Spark in network namespaces, submitted to
 * as the README says. Two runs have the bits of the run in one process, and leave nothing behind.
 */
@Tag("namespaces")
@Timeout(value = 400, unit = TimeUnit.SECONDS)
class NamespaceClusterEndToEndTest {
  /** A loaded machine takes its time over four JVMs. */
  private static final Duration PATIENCE = Duration.ofSeconds(150);

  @TempDir Path temporary;

  @BeforeAll
  static void needsNamespaces() {
    Namespaces.missing().ifPresent(why -> abort(why));
  }

  @Test
  void aRingOverTwoHostsTrainsToTheSameBitsAndLeavesNothing() throws Exception {
    TinyRun local = TinyRun.write(temporary.resolve("local"), 4, 1);
    // One data set for all, as packing takes longer than training here.
    List<String> data =
        List.of(
            "data.sources.0.path=" + local.folder().resolve("docs.jsonl"),
            "data.packed_dir=" + temporary.resolve("packed"));
    List<String> train = new ArrayList<>(List.of("train", "--config", "run.yaml"));
    train.addAll(data);
    AnnulusProcess.Result whole = AnnulusProcess.run(local.folder(), train.toArray(String[]::new));
    assertThat(whole.exitCode()).as(whole.err()).isZero();

    try (NamespaceCluster cluster = NamespaceCluster.start(temporary.resolve("cluster"), 2, 2)) {
      List<List<ListeningSockets.Socket>> idle = listening(cluster);
      for (String name : List.of("once", "again")) {
        TinyRun tiny = TinyRun.write(temporary.resolve(name), 4, 1);
        NamespaceRun run =
            NamespaceRun.start(cluster, tiny, NamespaceCluster.QUICK_EXECUTORS, data);
        run.awaitSteps(1, PATIENCE);
        for (int host = 1; host <= 2; host++) {
          assertListensOnItsHostOnly(cluster, host);
        }
        String output = run.awaitSuccess(PATIENCE);
        assertThat(output)
            .contains("Ranks: 0-1 on ", "2-3 on ")
            .contains("hmac-sha-256")
            .doesNotContain(NamespaceCluster.SECRET);
        assertThat(tiny.finalWeights()).isEqualTo(local.finalWeights());
        assertThat(tiny.losses()).isEqualTo(local.losses()).hasSize(tiny.steps());
        assertNothingIsLeftOfTheRun(cluster, idle);
      }
    }
    Path ours = Path.of("/dev/shm/annulus-" + ProcessHandle.current().pid());
    assertThat(SystemCommand.run("ip", "netns", "list"))
        .doesNotContain("annulus-" + ProcessHandle.current().pid() + "-");
    assertThat(Files.exists(ours)).isFalse();
  }

  /** Spark's and ours: each on the address that the other hosts know it by. */
  private static void assertListensOnItsHostOnly(NamespaceCluster cluster, int host) {
    List<ProcessHandle> executors = cluster.executors(host);
    assertThat(executors).as("executors of host " + host).hasSize(2);
    for (ProcessHandle executor : executors) {
      assertThat(ListeningSockets.of(executor.pid()))
          .as("host " + host)
          .isNotEmpty()
          .allSatisfy(
              socket -> assertThat(socket.address()).isEqualTo(cluster.network().address(host)));
    }
  }

  private static List<List<ListeningSockets.Socket>> listening(NamespaceCluster cluster) {
    return List.of(
        ListeningSockets.of(cluster.worker(1).pid()), ListeningSockets.of(cluster.worker(2).pid()));
  }

  private static void assertNothingIsLeftOfTheRun(
      NamespaceCluster cluster, List<List<ListeningSockets.Socket>> idle) {
    Await.until(
        "the end of all executors",
        Duration.ofSeconds(20),
        () -> cluster.executors().isEmpty(),
        () -> cluster.executors().toString());
    for (int host = 1; host <= 2; host++) {
      assertThat(cluster.sharedMemory(host)).as("/dev/shm of host " + host).isEmpty();
      assertThat(cluster.network().processes(host))
          .as("processes of host " + host)
          .containsExactly(cluster.worker(host));
    }
    assertThat(listening(cluster)).isEqualTo(idle);
  }
}
