package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.trainer.checkpoint.CheckpointException;
import dev.annulus.trainer.checkpoint.CheckpointFile;
import dev.annulus.trainer.checkpoint.LocalCheckpointStore;
import dev.annulus.trainer.huggingface.HuggingFaceModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checkpoints by all ranks, while they train on. */
class BackgroundCheckpointsTest {
  private static final int LENGTH = 24;
  private static final int STEPS = 8;
  private static final TinyRun RUN =
      TinyRun.of(TinyRun.stage("only", LENGTH, STEPS, 2)).mesh(2, 2).checkpoints(2, 9);

  @TempDir Path root;

  private Gang gang(TinyRun run, String name) {
    return new Gang(
        run, root.resolve(name), stage -> RowsInMemory.random(42, 13, LENGTH, 31, false));
  }

  private List<String> checkpoints(String name) throws IOException {
    try (Stream<Path> entries = Files.list(root.resolve(name).resolve("checkpoints"))) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  /** A writer that hangs until step 4 was reported: the steps behind its checkpoint are done. */
  @Test
  void stepsGoOnWhileAPartIsWrittenAndTheNextCheckpointWaits() throws Exception {
    CountDownLatch reported = new CountDownLatch(1);
    List<String> events = Collections.synchronizedList(new ArrayList<>());
    Gang gang =
        gang(RUN, "slow")
            .store(
                store ->
                    new PassingStore(store) {
                      @Override
                      public void prepare(long step) {
                        events.add("prepare " + step);
                        super.prepare(step);
                      }

                      @Override
                      public void writePart(long step, int part, List<CheckpointFile> files) {
                        if (step == 2 && part == 1) {
                          await(reported);
                        }
                        super.writePart(step, part, files);
                      }

                      @Override
                      public void commit(long step, int parts) {
                        super.commit(step, parts);
                        events.add("complete " + step);
                      }
                    })
            .listener(
                report -> {
                  if (report.step() == 4) {
                    reported.countDown();
                  }
                });
    gang.run();
    assertThat(events)
        .containsExactly(
            "prepare 2",
            "complete 2",
            "prepare 4",
            "complete 4",
            "prepare 6",
            "complete 6",
            "prepare 8",
            "complete 8");
    assertThat(checkpoints("slow"))
        .containsExactly("step-00000002", "step-00000004", "step-00000006", "step-00000008");

    // What was copied is what stood there, although the weights went on before it was written.
    gang(RUN, "fast").run();
    for (String checkpoint : checkpoints("fast")) {
      Map<String, float[]> expected =
          TrainedFiles.weights(root.resolve("fast/checkpoints/" + checkpoint + "/model"));
      Map<String, float[]> found =
          TrainedFiles.weights(root.resolve("slow/checkpoints/" + checkpoint + "/model"));
      expected.forEach(
          (name, values) -> assertThat(found.get(name)).as(name).containsExactly(values));
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(20, TimeUnit.SECONDS)) {
        throw new AssertionError("training waits for a checkpoint to be written");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void aRankThatCannotWriteEndsTheRunWithOneErrorAndNothingOfTheCheckpointIsLeft(int rank)
      throws Exception {
    Gang gang =
        gang(RUN, "full")
            .store(
                store ->
                    new PassingStore(store) {
                      @Override
                      public void writePart(long step, int part, List<CheckpointFile> files) {
                        List<CheckpointFile> written = new ArrayList<>(files);
                        if (step == 4 && part == rank) {
                          written.add(
                              new CheckpointFile(
                                  "model/more",
                                  channel -> {
                                    throw new IOException("No space left on device");
                                  }));
                        }
                        super.writePart(step, part, written);
                      }
                    });
    assertThatThrownBy(gang::run)
        .isInstanceOfSatisfying(CheckpointException.class, e -> assertThat(e.isLasting()).isTrue())
        .hasMessageContaining("checkpoint of step 4 could not be written")
        .hasMessageContaining("No space left on device");
    assertThat(checkpoints("full")).containsExactly("step-00000002");
    assertThat(gang(RUN, "full").run().getFirst().resumedFrom()).isEqualTo(2);
  }

  @Test
  void eachRankWritesAsMuchAndTheModelIsAFolderThatLoads() throws Exception {
    gang(RUN, "run").run();
    Path checkpoint = root.resolve("run/checkpoints/step-00000008");
    for (String moment : List.of("exp_avg", "exp_avg_sq")) {
      List<Path> files = TrainedFiles.files(checkpoint.resolve("optimizer"), moment);
      assertThat(files).hasSize(4);
      long floats = 0;
      for (Path file : files) {
        floats += TrainedFiles.tensors(file).values().stream().mapToLong(part -> part.length).sum();
      }
      assertThat(floats)
          .isEqualTo(
              TrainedFiles.weights(root.resolve("run/final")).values().stream()
                  .mapToLong(tensor -> tensor.length)
                  .sum());
    }
    assertThat(TrainedFiles.files(checkpoint.resolve("model"), "model")).hasSize(4);
    assertThat(checkpoint.resolve("model/model.safetensors.index.json")).exists();
    assertThat(HuggingFaceModel.check(checkpoint.resolve("model")).vocabSize()).isEqualTo(31);
    assertThat(checkpoint.resolve("part-00000.json")).doesNotExist();
  }

  /** Format 2 is what one rank alone writes, with another number. */
  @Test
  void aCheckpointOfFormat2IsReadByAnyMesh() throws Exception {
    TinyRun alone = TinyRun.of(TinyRun.stage("only", LENGTH, STEPS, 2)).checkpoints(3, 9);
    List<StepReport> expected = stopped(alone, "old", 5);
    Path checkpoint = root.resolve("old/checkpoints/step-00000003");
    assertThat(checkpoint.resolve("model/model.safetensors")).exists();
    assertThat(checkpoint.resolve("optimizer/exp_avg.safetensors")).exists();
    String state = Files.readString(checkpoint.resolve("state.json"));
    String older = state.replaceFirst("\"format\" : 3", "\"format\" : 2");
    assertThat(older).isNotEqualTo(state);
    LocalCheckpointStore store = new LocalCheckpointStore(root.resolve("old/checkpoints"));
    Files.writeString(checkpoint.resolve("state.json"), older);
    Files.writeString(
        checkpoint.resolve("manifest.json"),
        Files.readString(checkpoint.resolve("manifest.json"))
            .replace(RunFiles.sha256(state), RunFiles.sha256(older)));
    assertThat(store.steps()).containsExactly(3L);
    Gang resumed = gang(alone.mesh(1, 3), "old");
    assertThat(resumed.run().getFirst().resumedFrom()).isEqualTo(3);
    for (int step = 4; step <= 5; step++) {
      double loss = expected.get(step - 1).loss();
      assertThat(resumed.reports.get(step - 4).loss()).isCloseTo(loss, within(1e-6 * loss));
    }
  }

  private List<StepReport> stopped(TinyRun run, String name, int step) {
    Gang gang =
        gang(run, name)
            .listener(
                report -> {
                  if (report.step() == step) {
                    throw new IllegalStateException("power cut");
                  }
                });
    assertThatThrownBy(gang::run).hasMessage("power cut");
    return gang.reports;
  }
}
