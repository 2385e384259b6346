package dev.annulus.spark.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.config.RunSettings.Resume;
import dev.annulus.trainer.checkpoint.CheckpointException;
import dev.annulus.trainer.checkpoint.CheckpointFile;
import dev.annulus.trainer.checkpoint.CheckpointStore;
import dev.annulus.trainer.checkpoint.ResumeSearch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever a storage does while a checkpoint is written, the one before is still what a run goes on
 * from, or the new one is, whole; and the next ones can be written when it works again.
 */
@Tag("soak")
final class FaultyStorageTest {
  private static final int SEEDS = 3000;
  private static final Duration PATIENCE = Duration.ZERO;
  private static final Duration IMPATIENCE = Duration.ofMillis(15);

  @TempDir Path scratch;

  private CheckpointStore store(String name, String gang, Duration deadline) {
    try {
      return new HadoopCheckpointStore(
          RemoteFolder.of(
              "lying://" + name + "/out/checkpoints",
              LyingFileSystem.configuration(),
              new StorageCalls(deadline, 2, Duration.ZERO)),
          gang,
          scratch,
          () -> {});
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void save(CheckpointStore store, long step, String gang) {
    store.prepare(step);
    for (int part = 0; part < 2; part++) {
      store.writePart(
          step, part, List.of(file("a-" + part, step, gang), file("b-" + part, step, gang)));
    }
    if (!store.hasParts(step, 2)) {
      throw new CheckpointException("not all parts of step " + step, null);
    }
    store.commit(step, 2);
    store.keepNewest(2);
  }

  private static CheckpointFile file(String name, long step, String gang) {
    String content = "%s of step %d by %s;".formatted(name, step, gang);
    return CheckpointFile.of("model/" + name, content.repeat(3).getBytes(StandardCharsets.UTF_8));
  }

  /** The step that a run goes on from; its files must be those of one gang. */
  private static long resumed(CheckpointStore store, List<String> notices) {
    return ResumeSearch.find(
            store,
            Resume.AUTO,
            folder -> {
              try {
                String first = Files.readString(folder.resolve("model/a-0"));
                String tail = first.substring(first.indexOf(" of step"), first.indexOf(';'));
                for (String name : List.of("a-0", "a-1", "b-0", "b-1")) {
                  assertThat(Files.readString(folder.resolve("model/" + name)))
                      .isEqualTo((name + tail + ";").repeat(3));
                }
                return Long.parseLong(tail.split(" ", -1)[3]);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            },
            notices::add)
        .orElseThrow();
  }

  @Test
  void afterEveryFaultThereIsACheckpointToGoOnFrom() {
    Map<Faults.Kind, int[]> counts = new EnumMap<>(Faults.Kind.class);
    long started = System.nanoTime();
    for (int seed = 0; seed < SEEDS; seed++) {
      String name = "seed-" + seed;
      try {
        // Seeds that follow each other draw almost the same first number.
        survives(name, new Random(new SplittableRandom(seed).nextLong()), counts);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(
            "seed " + seed + ", " + LyingFileSystem.named(name).faults + ": " + e.getMessage(), e);
      } finally {
        LyingFileSystem.named(name).faults.release();
        LyingFileSystem.forget(name);
      }
    }
    StringBuilder table = new StringBuilder();
    counts.forEach(
        (kind, count) ->
            table.append(
                " %s %d (%d told, %d lost)".formatted(kind, count[0], count[1], count[2])));
    System.out.printf(
        "seeds 0 to %d in %.1f s:%s%n", SEEDS - 1, (System.nanoTime() - started) / 1e9, table);
    assertThat(counts).hasSize(Faults.Kind.values().length - 1);
    for (Faults.Kind told : List.of(Faults.Kind.IS_GONE, Faults.Kind.IS_FULL)) {
      assertThat(counts.get(told)[1]).as("of %s", told).isPositive();
    }
    assertThat(counts.get(Faults.Kind.CORRUPTS)[2]).as("files that are altered").isPositive();
  }

  private void survives(String name, Random random, Map<Faults.Kind, int[]> counts) {
    save(store(name, "a1", PATIENCE), 10, "a1");
    LyingFileSystem.Objects objects = LyingFileSystem.named(name);
    Faults faults = Faults.of(random, objects.names());
    objects.faults = faults;
    int[] count = counts.computeIfAbsent(faults.kind(), _ -> new int[3]);
    count[0]++;
    boolean stalls = faults.kind() == Faults.Kind.STALLS;
    boolean done = false;
    CheckpointStore faulty = store(name, "a2", stalls ? IMPATIENCE : PATIENCE);
    try {
      save(faulty, 20, "a2");
      done = true;
    } catch (CheckpointException e) {
      count[1]++;
      assertThat(e.getMessage().lines()).as("one line").hasSize(1);
      assertThat(e.getMessage()).containsAnyOf("step 20", "lying://" + name);
      try {
        faulty.abandon(20);
      } catch (CheckpointException again) {
        assertThat(again.getMessage()).contains("lying://" + name);
      }
    }
    if (faults.kind() != Faults.Kind.LISTS_LATE) {
      objects.faults = Faults.NONE;
    }
    boolean early = random.nextBoolean();
    if (early) {
      faults.release();
    }
    goesOn(name, done, faults, count);
    // What was given up may still be done, long after.
    faults.release();
    objects.faults = Faults.NONE;
    long last = resumed(store(name, "a4", PATIENCE), new ArrayList<>());
    assertThat(last).as("the newest, or with a late call the one before").isBetween(20L, 40L);
  }

  private void goesOn(String name, boolean done, Faults faults, int[] count) {
    CheckpointStore next = store(name, "a3", PATIENCE);
    List<String> notices = new ArrayList<>();
    long from = resumed(next, notices);
    assertThat(from).isIn(10L, 20L);
    if (done && faults.kind() != Faults.Kind.CORRUPTS && faults.kind() != Faults.Kind.LISTS_LATE) {
      assertThat(from).as("what was written without complaint is there").isEqualTo(20L);
    }
    if (done && from == 10) {
      count[2]++;
    }
    if (faults.kind() == Faults.Kind.CORRUPTS && done && from == 10) {
      assertThat(notices).singleElement().asString().contains("step 20 is damaged");
    }
    for (long step = from + 10; step <= 40; step += 10) {
      save(next, step, "a3");
    }
    if (faults.kind() != Faults.Kind.LISTS_LATE) {
      assertThat(resumed(next, notices)).isEqualTo(40L);
    }
  }
}
