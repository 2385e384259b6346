package dev.annulus.trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.RunSettings.Resume;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResumeSearchTest {
  @TempDir Path root;
  private LocalCheckpointStore store;
  private final List<String> notices = new ArrayList<>();

  @BeforeEach
  void open() {
    store = new LocalCheckpointStore(root);
  }

  private void save(long step) {
    byte[] content = ("step " + step).getBytes(StandardCharsets.UTF_8);
    store.prepare(step);
    store.writePart(step, 0, List.of(CheckpointFile.of("state", content)));
    store.commit(step, 1);
  }

  private void damage(long step) throws IOException {
    Files.writeString(root.resolve("step-%08d".formatted(step)).resolve("state"), "step ??");
  }

  private Optional<String> find(Resume resume) {
    return ResumeSearch.find(
        store, resume, folder -> folder.getFileName().toString(), notices::add);
  }

  @Test
  void theNewestIsTaken() {
    save(10);
    save(20);
    assertThat(find(Resume.AUTO)).contains("step-00000020");
    assertThat(find(Resume.REQUIRED)).contains("step-00000020");
    assertThat(notices).isEmpty();
  }

  @Test
  void aDamagedNewestGivesWayToTheOneBeforeWithANotice() throws Exception {
    save(10);
    save(20);
    save(30);
    damage(20);
    damage(30);
    assertThat(find(Resume.AUTO)).contains("step-00000010");
    assertThat(notices).hasSize(2);
    assertThat(notices.getFirst()).contains("step 30").contains("damaged").contains("state");
    assertThat(store.steps()).as("out of the way of what comes next").containsExactly(10L);
    assertThat(root.resolve("step-00000030.damaged/state")).exists();
  }

  @Test
  void ifEveryOneIsDamagedEachIsNamed() throws Exception {
    save(10);
    save(20);
    damage(10);
    damage(20);
    assertThatThrownBy(() -> find(Resume.AUTO))
        .isInstanceOfSatisfying(
            InvalidInputException.class, e -> assertThat(e.problems()).hasSize(2))
        .hasMessageContaining("step-00000010")
        .hasMessageContaining("step-00000020");
    assertThat(store.steps()).as("nothing is set aside").hasSize(2);
  }

  @Test
  void neverRefusesAFolderThatHoldsACheckpoint() {
    assertThat(find(Resume.NEVER)).isEmpty();
    save(10);
    assertThatThrownBy(() -> find(Resume.NEVER))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("run.resume")
        .hasMessageContaining("step 10")
        .hasMessageContaining("run.output_dir");
  }

  @Test
  void requiredRefusesAFolderThatHoldsNone() throws Exception {
    Files.createDirectories(root.resolve("step-00000010"));
    assertThatThrownBy(() -> find(Resume.REQUIRED))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("run.resume")
        .hasMessageContaining("no complete checkpoint");
    assertThat(find(Resume.AUTO)).isEmpty();
  }
}
