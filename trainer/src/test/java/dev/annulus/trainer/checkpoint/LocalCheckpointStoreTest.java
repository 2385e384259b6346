package dev.annulus.trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalCheckpointStoreTest {
  @TempDir Path root;
  private Path folder;
  private LocalCheckpointStore store;

  @BeforeEach
  void open() {
    folder = root.resolve("checkpoints");
    store = new LocalCheckpointStore(folder);
  }

  /** Two parts, as of two ranks. */
  private void save(long step) {
    store.prepare(step);
    store.writePart(step, 0, List.of(file("state.json", "state of " + step)));
    store.writePart(step, 1, List.of(file("model/weights", "weights of " + step)));
    assertThat(store.hasParts(step, 2)).isTrue();
    store.commit(step, 2);
  }

  private static CheckpointFile file(String path, String content) {
    return CheckpointFile.of(path, content.getBytes(StandardCharsets.UTF_8));
  }

  private String weights(long step) throws DamagedCheckpointException {
    return store.read(
        step,
        path -> {
          try {
            return Files.readString(path.resolve("model/weights"));
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
  }

  private List<String> names() throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void anEmptyStoreHasNoSteps() {
    assertThat(store.steps()).isEmpty();
  }

  @Test
  void whatWasSavedIsListedNewestFirstAndReadBack() throws Exception {
    save(50);
    save(100_000_000);
    save(100);
    assertThat(store.steps()).containsExactly(100_000_000L, 100L, 50L);
    assertThat(weights(100)).isEqualTo("weights of 100");
    assertThat(folder.resolve("step-00000050/manifest.json")).exists();
  }

  @Test
  void savingAStepAgainReplacesIt() throws Exception {
    save(50);
    store.prepare(50);
    store.writePart(50, 0, List.of(file("state.json", "state")));
    store.commit(50, 1);
    assertThat(folder.resolve("step-00000050/model/weights")).doesNotExist();
    save(50);
    assertThat(weights(50)).isEqualTo("weights of 50");
    assertThat(names()).containsExactly("step-00000050");
  }

  /** Rank 0 completes a checkpoint as soon as it sees the last part: its writer may not be done. */
  @Test
  void aCheckpointMayBeCompletedTheMomentItsLastPartAppears() throws Exception {
    for (int step = 1; step <= 60; step++) {
      int current = step;
      store.prepare(step);
      try (ExecutorService writer = Executors.newSingleThreadExecutor()) {
        Future<?> part =
            writer.submit(
                () -> store.writePart(current, 0, List.of(file("model/weights", "weights"))));
        while (!store.hasParts(step, 1)) {
          Thread.onSpinWait();
        }
        store.commit(step, 1);
        part.get(20, TimeUnit.SECONDS);
      }
      store.keepNewest(1);
    }
    assertThat(names()).containsExactly("step-00000060");
  }

  @Test
  void aFullDiskLeavesTheOldCheckpointAndNothingOfTheNewOne() throws Exception {
    save(50);
    store.prepare(100);
    store.writePart(100, 0, List.of(file("state.json", "state of 100")));
    CheckpointFile full =
        new CheckpointFile(
            "model/weights",
            channel -> {
              channel.write(ByteBuffer.wrap(new byte[3]));
              throw new IOException("No space left on device");
            });
    assertThatThrownBy(() -> store.writePart(100, 1, List.of(full)))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("step 100")
        .hasMessageContaining(folder.resolve("step-00000100").toString())
        .hasMessageContaining("No space left on device");
    assertThat(store.hasParts(100, 2)).isFalse();
    assertThat(store.steps()).containsExactly(50L);
    store.abandon(100);
    assertThat(names()).containsExactly("step-00000050");
    assertThat(weights(50)).isEqualTo("weights of 50");
  }

  @Test
  void anAlteredShortenedLongerOrMissingFileIsDamage() throws Exception {
    String[] damages = {"another checksum", "bytes (expected", "bytes (expected", "is missing"};
    for (int kind = 0; kind < damages.length; kind++) {
      save(50);
      Path file = folder.resolve("step-00000050/model/weights");
      switch (kind) {
        case 0 -> Files.writeString(file, "weights of 51");
        case 1 -> Files.writeString(file, "weights of 5");
        case 2 -> Files.writeString(file, "weights of 50 and more");
        default -> Files.delete(file);
      }
      assertThatThrownBy(() -> weights(50))
          .isInstanceOf(DamagedCheckpointException.class)
          .hasMessageContaining("step-00000050")
          .hasMessageContaining("model/weights")
          .hasMessageContaining(damages[kind]);
    }
  }

  @Test
  void aManifestThatIsNoManifestOrOfAnotherStepIsDamage() throws Exception {
    save(50);
    Path manifest = folder.resolve("step-00000050/manifest.json");
    String text = Files.readString(manifest);
    for (String bad :
        List.of("", "{", "{}", "[]", "null", text.substring(0, 40), text.replace("50", "60"))) {
      Files.writeString(manifest, bad);
      assertThatThrownBy(() -> weights(50))
          .as("manifest %s", bad)
          .isInstanceOf(DamagedCheckpointException.class)
          .hasMessageContaining("manifest.json");
    }
  }

  @Test
  void foldersWithoutAManifestDoNotCount() throws Exception {
    Files.createDirectories(folder.resolve("step-00000070/model"));
    Files.createDirectories(folder.resolve(".step-00000080.partial"));
    Files.writeString(folder.resolve(".step-00000080.partial/manifest.json"), "{}");
    save(50);
    assertThat(store.steps()).containsExactly(50L);
    assertThat(folder.resolve(".step-00000080.partial")).doesNotExist();
  }

  @Test
  void keepNewestDeletesTheOthers() throws Exception {
    for (long step = 10; step <= 50; step += 10) {
      save(step);
    }
    store.keepNewest(2);
    assertThat(names()).containsExactly("step-00000040", "step-00000050");
    store.keepNewest(5);
    assertThat(store.steps()).containsExactly(50L, 40L);
  }

  @Test
  void aDamagedCheckpointSetAsideIsNoLongerListed() throws Exception {
    save(50);
    save(60);
    store.setAside(60);
    assertThat(store.steps()).containsExactly(50L);
    assertThat(names()).containsExactly("step-00000050", "step-00000060.damaged");
  }

  /** A writer that is killed leaves parts behind, which the next one must not take for its own. */
  @Test
  void partsOfAKilledWriterAreNotTaken() throws Exception {
    store.prepare(50);
    store.writePart(50, 0, List.of(file("state.json", "old"), file("model/stale", "old")));
    store.writePart(50, 1, List.of(file("model/weights", "old")));
    assertThat(store.steps()).isEmpty();
    store.prepare(50);
    assertThat(store.hasParts(50, 1)).isFalse();
    save(50);
    assertThat(weights(50)).isEqualTo("weights of 50");
    assertThat(folder.resolve("step-00000050/model/stale")).doesNotExist();
    assertThat(names()).containsExactly("step-00000050");
  }

  @Test
  void aCheckpointWithAPartMissingIsNotCompleted() throws Exception {
    store.prepare(50);
    store.writePart(50, 0, List.of(file("state.json", "state")));
    assertThatThrownBy(() -> store.commit(50, 2))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("part-00001.json");
    assertThat(names()).isEmpty();
  }
}
