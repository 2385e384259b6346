package dev.annulus.spark.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A curriculum of three stages on a mesh of 2 x 2, killed at random points, some of them while a
 * checkpoint is being written, ends with the bits of the run that was left alone.
 */
class KilledFiveTimesEndToEndTest {
  private static final String[] TRAIN = {"train", "--config", "run.yaml", "--json"};
  private static final int SOAK_SEEDS = 20;

  @TempDir Path temporary;

  @Test
  @Timeout(value = 400, unit = TimeUnit.SECONDS)
  void killedFiveTimesEndsWithTheSameBits() throws Exception {
    TinyRun undisturbed = undisturbed(1);
    long seed = 20261124;
    TinyRun killed = TinyRun.curriculum(temporary.resolve("killed"), 1);
    endsTheSame(undisturbed, killed, seed, KillPoint.five(new Random(seed), killed.steps()));
  }

  @Test
  @Tag("soak")
  @Timeout(value = 3600, unit = TimeUnit.SECONDS)
  void manyMoreSeeds() throws Exception {
    TinyRun undisturbed = undisturbed(3);
    for (long seed = 1; seed <= SOAK_SEEDS; seed++) {
      TinyRun killed = TinyRun.curriculum(temporary.resolve("seed-" + seed), 3);
      endsTheSame(undisturbed, killed, seed, KillPoint.six(new Random(seed), killed.steps()));
    }
  }

  private TinyRun undisturbed(int times) {
    TinyRun run = TinyRun.curriculum(temporary.resolve("undisturbed"), times);
    AnnulusProcess.Result whole = AnnulusProcess.run(run.folder(), TRAIN);
    assertThat(whole.exitCode()).as(whole.err()).isZero();
    assertThat(whole.json().get("steps").asLong()).isEqualTo(run.steps());
    assertThat(whole.json().get("resumed_from").asLong()).isZero();
    return run;
  }

  private static void endsTheSame(
      TinyRun undisturbed, TinyRun killed, long seed, List<KillPoint> points) throws Exception {
    List<String> story = new ArrayList<>();
    for (KillPoint point : points) {
      story.add(KilledRun.kill(killed, point, TRAIN));
      System.out.println("seed " + seed + ", " + story.getLast());
    }
    AnnulusProcess.Result resumed = AnnulusProcess.run(killed.folder(), TRAIN);
    String told = "seed " + seed + ", " + story + "\n" + resumed.err();
    assertThat(resumed.exitCode()).as(told).isZero();
    assertThat(resumed.json().get("resumed_from").asLong()).as(told).isPositive();

    assertThat(killed.finalWeights()).as(told).isEqualTo(undisturbed.finalWeights());
    assertThat(steps(killed)).as(told).isEqualTo(steps(undisturbed)).hasSize(killed.steps());
    assertThat(checkpoints(killed)).as(told).isEqualTo(checkpoints(undisturbed)).hasSize(3);
  }

  /** What is logged of each step that is no time: losses, norms, learning rates. */
  private static List<List<JsonNode>> steps(TinyRun run) throws Exception {
    List<List<JsonNode>> steps = new ArrayList<>();
    for (String line : Files.readAllLines(run.metrics())) {
      JsonNode step = new ObjectMapper().readTree(line);
      assertThat(step.get("step").asInt()).isEqualTo(steps.size() + 1);
      steps.add(
          Stream.of("loss", "loss_zscore", "grad_norm", "learning_rate", "tokens", "stage")
              .map(step::required)
              .toList());
    }
    return steps;
  }

  /** By name, the manifest of each: sizes and checksums of weights, moments and state. */
  private static Map<String, String> checkpoints(TinyRun run) throws Exception {
    Map<String, String> manifests = new TreeMap<>();
    try (Stream<Path> folders = Files.list(run.checkpoints())) {
      for (Path folder : (Iterable<Path>) folders::iterator) {
        manifests.put(
            folder.getFileName().toString(), Files.readString(folder.resolve("manifest.json")));
      }
    }
    return manifests;
  }
}
