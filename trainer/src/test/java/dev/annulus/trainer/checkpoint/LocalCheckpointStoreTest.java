package dev.annulus.trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

  private void save(long step) {
    store.save(
        step,
        aside -> {
          Files.createDirectory(aside.resolve("model"));
          Files.writeString(aside.resolve("model/weights"), "weights of " + step);
          Files.writeString(aside.resolve("state.json"), "state of " + step);
        });
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
    store.save(50, aside -> Files.createDirectory(aside.resolve("model")));
    assertThat(folder.resolve("step-00000050/model/weights")).doesNotExist();
    save(50);
    assertThat(weights(50)).isEqualTo("weights of 50");
    assertThat(names()).containsExactly("step-00000050");
  }

  @Test
  void aFullDiskLeavesTheOldCheckpointAndNothingOfTheNewOne() throws Exception {
    save(50);
    assertThatThrownBy(
            () ->
                store.save(
                    100,
                    aside -> {
                      Files.writeString(aside.resolve("half"), "half of it");
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("step 100")
        .hasMessageContaining(folder.resolve("step-00000100").toString())
        .hasMessageContaining("No space left on device");
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
}
