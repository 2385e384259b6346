package dev.annulus.spark.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A ring of four over two hosts of a cluster in which workers, hosts, cables and drivers are lost
 * at random: every run ends with the bits of the undisturbed one. The seed comes from {@code
 * -Dannulus.seed}; {@code -Dannulus.runs} chooses some of the runs.
 */
@Tag("soak")
@Tag("namespaces")
@Timeout(value = 3600, unit = TimeUnit.SECONDS)
class RandomKillsEndToEndTest {
  private static final long SEED = Long.getLong("annulus.seed", 20261124);
  private static final int RUNS = 5;
  private static final int EVENTS = 5;
  private static final List<String> CHOSEN =
      List.of(System.getProperty("annulus.runs", "0,1,2,3,4").split(",", -1));
  private static final int INTERVAL = 6;

  /** Within which a loss is to be noticed, with the job's own settings of Spark. */
  private static final double NOTICED_SECONDS = 30;

  /** Fewer JVMs than the README's one a worker, as each event starts some again. */
  private static final List<String> CONF =
      List.of("spark.executor.cores=2", NamespaceCluster.QUICK_EXECUTORS.getFirst());

  @TempDir Path temporary;

  @BeforeAll
  static void needsNamespaces() {
    Namespaces.missing().ifPresent(why -> abort(why));
  }

  @Test
  void everyRunEndsWithTheBitsOfTheUndisturbed() throws Exception {
    TinyRun undisturbed = run("undisturbed");
    List<String> train = new ArrayList<>(List.of("train", "--config", "run.yaml"));
    train.addAll(overrides());
    AnnulusProcess.Result whole =
        AnnulusProcess.run(undisturbed.folder(), train.toArray(String[]::new));
    assertThat(whole.exitCode()).as(whole.err()).isZero();

    Random random = new Random(SEED);
    List<ClusterEvent> events = ClusterEvent.draw(random, RUNS * EVENTS / ClusterEvent.KINDS, 2);
    double[] moments = random.doubles(RUNS * EVENTS).toArray();
    List<DisturbedRun.Outcome> outcomes = new ArrayList<>();
    System.out.println("seed " + SEED);
    try (NamespaceCluster cluster = NamespaceCluster.start(temporary.resolve("cluster"), 2, 2)) {
      for (int r = 0; r < RUNS; r++) {
        if (CHOSEN.contains(String.valueOf(r))) {
          int first = r * EVENTS;
          List<ClusterEvent> ofRun = events.subList(first, first + EVENTS);
          double[] when = Arrays.copyOfRange(moments, first, first + EVENTS);
          TinyRun ended = disturb(cluster, r, ofRun, when, outcomes);
          assertThat(ended.finalWeights()).as("run " + r).isEqualTo(undisturbed.finalWeights());
          assertThat(ended.losses()).as("run " + r).isEqualTo(undisturbed.losses());
        }
      }
    }
    assertThat(outcomes).allSatisfy(RandomKillsEndToEndTest::assertCheap);
  }

  /** One run, and one event in each fifth of it but for the last steps. */
  private TinyRun disturb(
      NamespaceCluster cluster,
      int number,
      List<ClusterEvent> events,
      double[] moments,
      List<DisturbedRun.Outcome> outcomes) {
    TinyRun tiny = run("disturbed-" + number);
    NamespaceRun submitted = NamespaceRun.start(cluster, tiny, CONF, overrides());
    DisturbedRun disturbed = new DisturbedRun(cluster, submitted);
    for (int e = 0; e < events.size(); e++) {
      long step = 1 + (long) ((e + moments[e]) / events.size() * 0.9 * tiny.steps());
      DisturbedRun.Outcome outcome = disturbed.disturb(events.get(e), step);
      System.out.println("run " + number + ", " + outcome);
      outcomes.add(outcome);
    }
    submitted.awaitSuccess(Duration.ofMinutes(3));
    return tiny;
  }

  /**
   * A checkpoint counts from when it is complete: one that was being written leaves its interval to
   * be done again too.
   */
  private static void assertCheap(DisturbedRun.Outcome outcome) {
    assertThat(outcome.lost())
        .as(outcome::toString)
        .isBetween(0L, (long) (outcome.writing() ? 2 * INTERVAL : INTERVAL));
    if (!Double.isNaN(outcome.noticed())) {
      assertThat(outcome.noticed()).as(outcome::toString).isLessThan(NOTICED_SECONDS);
    }
  }

  /** The driver is started again by hand, so that it must not run out of attempts; one data set. */
  private List<String> overrides() {
    return List.of(
        "checkpoint.every_steps=" + INTERVAL,
        "run.max_restarts=50",
        "data.sources.0.path=" + temporary.resolve("undisturbed/docs.jsonl"),
        "data.packed_dir=" + temporary.resolve("packed"));
  }

  private TinyRun run(String name) {
    return TinyRun.write(temporary.resolve(name), 4, 1, 5);
  }
}
