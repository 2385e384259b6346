package dev.annulus.spark.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.trainer.checkpoint.CheckpointException;
import dev.annulus.trainer.checkpoint.CheckpointFile;
import dev.annulus.trainer.checkpoint.CheckpointStore;
import dev.annulus.trainer.checkpoint.DamagedCheckpointException;
import dev.annulus.trainer.checkpoint.LocalCheckpointStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every store of checkpoints does, wherever they lie. */
final class CheckpointStoreConformanceTest {
  @TempDir Path folder;

  /** A kind of store, opened on a folder of this machine. */
  record Kind(String name, Function<Path, CheckpointStore> open) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Kind> kinds() {
    return Stream.of(
        new Kind("local", LocalCheckpointStore::new),
        new Kind(
            "hadoop",
            folder -> {
              try {
                return new HadoopCheckpointStore(
                    RemoteFolder.of(
                        folder.toUri().toString(), new Configuration(), StorageCalls.DEFAULT),
                    "a1",
                    Path.of(System.getProperty("java.io.tmpdir")),
                    () -> {});
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            }));
  }

  private static void save(CheckpointStore store, long step) {
    store.prepare(step);
    store.writePart(step, 0, List.of(file("state.json", "state of " + step)));
    assertThat(store.hasParts(step, 2)).isFalse();
    store.writePart(step, 1, List.of(file("model/weights", "weights of " + step)));
    assertThat(store.hasParts(step, 2)).isTrue();
    store.commit(step, 2);
  }

  private static CheckpointFile file(String path, String content) {
    return CheckpointFile.of(path, content.getBytes(StandardCharsets.UTF_8));
  }

  private static String weights(CheckpointStore store, long step)
      throws DamagedCheckpointException {
    return store.read(
        step,
        path -> {
          try {
            return Files.readString(path.resolve("model/weights"));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  private List<String> names() throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void whatWasSavedIsListedNewestFirstAndReadBack(Kind kind) throws Exception {
    CheckpointStore store = kind.open().apply(folder);
    assertThat(store.steps()).isEmpty();
    save(store, 50);
    save(store, 100_000_000);
    save(store, 100);
    assertThat(store.steps()).containsExactly(100_000_000L, 100L, 50L);
    assertThat(weights(store, 100)).isEqualTo("weights of 100");
    assertThat(folder.resolve("step-00000050/manifest.json")).exists();
    assertThat(kind.open().apply(folder).steps()).hasSize(3);
  }

  /** What one kind has written the other reads: a folder may be mounted, or not. */
  @ParameterizedTest
  @MethodSource("kinds")
  void theFilesAreTheSame(Kind kind) throws Exception {
    save(kind.open().apply(folder), 50);
    assertThat(weights(new LocalCheckpointStore(folder), 50)).isEqualTo("weights of 50");
    try (Stream<Path> files = Files.walk(folder)) {
      assertThat(files.filter(Files::isRegularFile).map(folder::relativize).map(Path::toString))
          .containsExactlyInAnyOrder(
              "step-00000050/manifest.json",
              "step-00000050/model/weights",
              "step-00000050/state.json");
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void savingAStepAgainReplacesIt(Kind kind) throws Exception {
    CheckpointStore store = kind.open().apply(folder);
    save(store, 50);
    store.prepare(50);
    store.writePart(50, 0, List.of(file("state.json", "state")));
    store.commit(50, 1);
    assertThat(folder.resolve("step-00000050/model/weights")).doesNotExist();
    save(store, 50);
    assertThat(weights(store, 50)).isEqualTo("weights of 50");
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aCheckpointMayBeCompletedTheMomentItsLastPartAppears(Kind kind) throws Exception {
    CheckpointStore store = kind.open().apply(folder);
    CheckpointStore other = kind.open().apply(folder);
    for (int step = 1; step <= 20; step++) {
      int current = step;
      store.prepare(step);
      try (ExecutorService writer = Executors.newSingleThreadExecutor()) {
        Future<?> part =
            writer.submit(
                () -> other.writePart(current, 0, List.of(file("model/weights", "weights"))));
        while (!store.hasParts(step, 1)) {
          Thread.onSpinWait();
        }
        store.commit(step, 1);
        part.get(20, TimeUnit.SECONDS);
      }
      store.keepNewest(1);
    }
    assertThat(names()).containsExactly("step-00000020");
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aFullDiskLeavesTheOldCheckpointAndNothingOfTheNewOne(Kind kind) throws Exception {
    CheckpointStore store = kind.open().apply(folder);
    save(store, 50);
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
        .matches(e -> ((CheckpointException) e).isLasting())
        .hasMessageContaining("step 100")
        .hasMessageContaining("step-00000100")
        .hasMessageContaining("No space left on device");
    assertThat(store.hasParts(100, 2)).isFalse();
    assertThat(store.steps()).containsExactly(50L);
    store.abandon(100);
    assertThat(names()).containsExactly("step-00000050");
    assertThat(weights(store, 50)).isEqualTo("weights of 50");
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void anAlteredShortenedLongerOrMissingFileIsDamage(Kind kind) throws Exception {
    CheckpointStore store = kind.open().apply(folder);
    String[] damages = {"another checksum", "bytes (expected", "bytes (expected", "is missing"};
    for (int damage = 0; damage < damages.length; damage++) {
      save(store, 50);
      Path file = folder.resolve("step-00000050/model/weights");
      switch (damage) {
        case 0 -> Files.writeString(file, "weights of 51");
        case 1 -> Files.writeString(file, "weights of 5");
        case 2 -> Files.writeString(file, "weights of 50 and more");
        default -> Files.delete(file);
      }
      assertThatThrownBy(() -> weights(store, 50))
          .isInstanceOf(DamagedCheckpointException.class)
          .hasMessageContaining("step-00000050")
          .hasMessageContaining("model/weights")
          .hasMessageContaining(damages[damage]);
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aManifestThatIsNoManifestOrOfAnotherStepIsDamage(Kind kind) throws Exception {
    CheckpointStore store = kind.open().apply(folder);
    save(store, 50);
    Path manifest = folder.resolve("step-00000050/manifest.json");
    String text = Files.readString(manifest);
    for (String bad : List.of("", "{", "{}", "[]", "null", text.replace("50", "60"))) {
      Files.writeString(manifest, bad);
      assertThatThrownBy(() -> weights(store, 50))
          .as("manifest %s", bad)
          .isInstanceOf(DamagedCheckpointException.class)
          .hasMessageContaining("manifest.json");
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void keepNewestDeletesTheOthersAndWhatOlderWritersLeft(Kind kind) throws Exception {
    CheckpointStore store = kind.open().apply(folder);
    for (long step = 10; step <= 50; step += 10) {
      save(store, step);
    }
    store.prepare(15);
    store.writePart(15, 0, List.of(file("state.json", "of a writer that was killed")));
    store.prepare(60);
    store.abandon(60);
    store.keepNewest(2);
    assertThat(store.steps()).containsExactly(50L, 40L);
    assertThat(names()).containsExactly("step-00000040", "step-00000050");
    store.keepNewest(5);
    assertThat(store.steps()).containsExactly(50L, 40L);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aDamagedCheckpointSetAsideIsNoLongerListedAndStays(Kind kind) throws Exception {
    CheckpointStore store = kind.open().apply(folder);
    save(store, 50);
    save(store, 60);
    store.setAside(60);
    assertThat(store.steps()).containsExactly(50L);
    save(store, 70);
    store.keepNewest(1);
    assertThat(store.steps()).containsExactly(70L);
    assertThat(names()).hasSize(2).last().isEqualTo("step-00000070");
    save(store, 60);
    assertThat(weights(store, 60)).isEqualTo("weights of 60");
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void partsOfAKilledWriterAreNotTaken(Kind kind) throws Exception {
    CheckpointStore store = kind.open().apply(folder);
    store.prepare(50);
    store.writePart(50, 0, List.of(file("state.json", "old"), file("model/stale", "old")));
    store.writePart(50, 1, List.of(file("model/weights", "old")));
    assertThat(store.steps()).isEmpty();
    store.prepare(50);
    assertThat(store.hasParts(50, 1)).isFalse();
    save(store, 50);
    assertThat(weights(store, 50)).isEqualTo("weights of 50");
    assertThat(folder.resolve("step-00000050/model/stale")).doesNotExist();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aCheckpointWithAPartMissingIsNotCompleted(Kind kind) throws Exception {
    CheckpointStore store = kind.open().apply(folder);
    store.prepare(50);
    store.writePart(50, 0, List.of(file("state.json", "state")));
    assertThatThrownBy(() -> store.commit(50, 2))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("00001.json");
    assertThat(store.steps()).isEmpty();
    assertThat(names()).isEmpty();
  }
}
