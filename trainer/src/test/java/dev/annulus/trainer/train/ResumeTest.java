package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.config.HalfFineTuningSettings;
import dev.annulus.config.InvalidInputException;
import dev.annulus.config.RunSettings.Resume;
import dev.annulus.config.StageSettings;
import dev.annulus.data.read.PackedRows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResumeTest {
  private static final TinyRun RUN =
      TinyRun.of(TinyRun.stage("short", 16, 7, 3), longStage()).mesh(2, 1).checkpoints(3, 2);

  /** After which steps there is one: every 3, and at the ends of the stages; 0 is the start. */
  private static final NavigableSet<Long> CHECKPOINTS =
      new TreeSet<>(Set.of(0L, 3L, 6L, 7L, 9L, 12L, 13L));

  /** The run that nobody interrupts, done once. */
  @TempDir static Path whole;

  @TempDir Path root;

  @BeforeAll
  static void runWithoutInterruption() throws Exception {
    new Gang(RUN, whole, ResumeTest::rows).run();
  }

  /** What a listener throws to stop a run where a power cut could. */
  private static final class PowerCut extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private static StageSettings longStage() {
    StageSettings plain = TinyRun.stage("long", 40, 6, 2);
    return new StageSettings(
        plain.name(),
        plain.sequenceLength(),
        OptionalDouble.of(50_000),
        plain.steps(),
        plain.sequencesPerStep(),
        plain.learningRate(),
        plain.schedule(),
        plain.optimizer(),
        new HalfFineTuningSettings(true, 11));
  }

  private static PackedRows rows(int stage) {
    return RowsInMemory.random(5 + stage, 5, stage == 0 ? 16 : 40, 31, false);
  }

  private Gang gang(TinyRun run, String name) {
    return new Gang(run, root.resolve(name), ResumeTest::rows);
  }

  private void stopAt(TinyRun run, String name, long step) {
    Gang gang =
        gang(run, name)
            .listener(
                report -> {
                  if (report.step() == step) {
                    throw new PowerCut();
                  }
                });
    assertThatThrownBy(gang::run).isInstanceOf(PowerCut.class);
  }

  private static void assertSameBits(Map<String, float[]> expected, Map<String, float[]> found) {
    assertThat(found.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, values) -> assertThat(found.get(name)).as(name).containsExactly(values));
  }

  private void assertSameAsWhole(String name) throws IOException {
    Path run = root.resolve(name);
    assertSameBits(
        TrainedFiles.weights(whole.resolve("final")), TrainedFiles.weights(run.resolve("final")));
    Path expectedLast = whole.resolve("checkpoints/step-00000013");
    Path foundLast = run.resolve("checkpoints/step-00000013");
    assertSameBits(
        TrainedFiles.weights(expectedLast.resolve("model")),
        TrainedFiles.weights(foundLast.resolve("model")));
    for (String moment : List.of("exp_avg", "exp_avg_sq")) {
      assertSameBits(
          TrainedFiles.moments(expectedLast, moment), TrainedFiles.moments(foundLast, moment));
    }
    List<StepReport> expected = metrics(whole);
    List<StepReport> found = metrics(root.resolve(name));
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(found.get(i).step()).isEqualTo(i + 1);
      assertThat(found.get(i).loss()).isEqualTo(expected.get(i).loss());
      assertThat(found.get(i).gradNorm()).isEqualTo(expected.get(i).gradNorm());
      assertThat(found.get(i).learningRate()).isEqualTo(expected.get(i).learningRate());
    }
  }

  private List<StepReport> metrics(Path run) throws IOException {
    // A copy, as opening the log rewrites it.
    Path copy = Files.createTempFile(root, "metrics", ".jsonl");
    Files.write(copy, Files.readAllBytes(run.resolve("metrics.jsonl")));
    return MetricsLog.openAt(copy, Long.MAX_VALUE).reports();
  }

  /** In a stage, at a checkpoint, at the seam of the stages, in the second, at the end. */
  @ParameterizedTest
  @ValueSource(longs = {2, 5, 6, 7, 8, 11, 13})
  void aStoppedAndResumedRunGivesTheBitsOfAnUninterruptedOne(long step) throws Exception {
    stopAt(RUN, "stopped", step);
    Gang resumed = gang(RUN, "stopped");
    RunReport report = resumed.run().getFirst();
    assertSameAsWhole("stopped");
    long checkpoint = CHECKPOINTS.lower(step);
    assertThat(report.resumedFrom()).isEqualTo(checkpoint);
    assertThat(resumed.reports.getFirst().step()).isEqualTo(checkpoint + 1);
    assertThat(report.steps()).isEqualTo(13);
    assertThat(report.stages()).extracting(StageReport::steps).containsExactly(7, 6);
  }

  @Test
  void aRunStoppedTwiceStillGivesTheSameBits() throws Exception {
    stopAt(RUN, "stopped", 5);
    stopAt(RUN, "stopped", 4);
    stopAt(RUN, "stopped", 10);
    gang(RUN, "stopped").run();
    assertSameAsWhole("stopped");
  }

  @Test
  void aFinishedRunIsLeftAsItIs() throws Exception {
    gang(RUN, "finished").run();
    byte[] metrics = Files.readAllBytes(root.resolve("finished/metrics.jsonl"));
    byte[] weights = Files.readAllBytes(root.resolve("finished/final/model.safetensors"));
    Gang again = gang(RUN, "finished");
    RunReport report = again.run().getFirst();
    assertThat(again.reports).isEmpty();
    assertThat(report.stages()).hasSize(2);
    assertThat(Files.readAllBytes(root.resolve("finished/metrics.jsonl"))).isEqualTo(metrics);
    assertThat(Files.readAllBytes(root.resolve("finished/final/model.safetensors")))
        .isEqualTo(weights);
  }

  @Test
  void aDamagedNewestCheckpointGivesWayToTheOneBeforeAndTheBitsAreTheSame() throws Exception {
    stopAt(RUN, "stopped", 11);
    Path weights =
        root.resolve(
            "stopped/checkpoints/step-00000009/optimizer/exp_avg-00002-of-00002.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 5] ^= 1;
    Files.write(weights, bytes);
    Gang resumed = gang(RUN, "stopped");
    assertThat(resumed.run().getFirst().resumedFrom()).isEqualTo(7);
    assertThat(resumed.notices)
        .anyMatch(line -> line.contains("checkpoint of step 9 is damaged"))
        .anyMatch(line -> line.contains("resuming after step 7"));
    assertSameAsWhole("stopped");
  }

  @Test
  void anotherMeshReadsTheCheckpointAndGoesOnAlike() throws Exception {
    stopAt(RUN, "stopped", 8);
    Gang resumed = gang(RUN.mesh(1, 3), "stopped");
    assertThat(resumed.run().getFirst().resumedFrom()).isEqualTo(7);
    assertThat(resumed.notices).anyMatch(line -> line.contains("context 2, data 1"));
    List<StepReport> expected = metrics(whole);
    List<StepReport> found = metrics(root.resolve("stopped"));
    for (int i = 0; i < expected.size(); i++) {
      assertThat(found.get(i).loss())
          .isEqualTo(expected.get(i).loss(), within(1e-6 * expected.get(i).loss()));
    }
  }

  @Test
  void resumeNeverAndRequiredAreKept() throws Exception {
    assertThatThrownBy(() -> gang(RUN.resume(Resume.REQUIRED), "new").run())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("run.resume");
    stopAt(RUN, "stopped", 5);
    assertThatThrownBy(() -> gang(RUN.resume(Resume.NEVER), "stopped").run())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("holds a checkpoint of step 3");
  }

  @Test
  void aCheckpointOfAnotherModelIsRefusedWithEachMismatch() throws Exception {
    stopAt(RUN, "stopped", 5);
    Map<String, Object> other = new HashMap<>(TinyRun.MODEL);
    other.put("intermediate_size", 28);
    other.put("vocab_size", 33);
    other.put("rms_norm_eps", 1e-3);
    assertThatThrownBy(() -> gang(RUN.model(other), "stopped").run())
        .isInstanceOfSatisfying(
            InvalidInputException.class, e -> assertThat(e.problems()).hasSize(3))
        .hasMessageContaining("intermediate_size: 24 (expected 28")
        .hasMessageContaining("vocab_size: 31 (expected 33")
        .hasMessageContaining("rms_norm_eps");
  }

  @Test
  void aCheckpointOfOtherStagesIsRefused() throws Exception {
    stopAt(RUN, "stopped", 11);
    TinyRun fewer = RUN.stages(TinyRun.stage("short", 16, 7, 3));
    assertThatThrownBy(() -> gang(fewer, "stopped").run())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("stages: 1 stages (expected more than 1");
    TinyRun other = RUN.stages(TinyRun.stage("short", 16, 7, 3), TinyRun.stage("longer", 40, 6, 5));
    assertThatThrownBy(() -> gang(other, "stopped").run())
        .isInstanceOfSatisfying(
            InvalidInputException.class, e -> assertThat(e.problems()).hasSize(3))
        .hasMessageContaining("stages.1.name: longer (expected long")
        .hasMessageContaining("stages.1.half_fine_tuning")
        .hasMessageContaining("stages.1.sequences_per_step: 5 (expected 2");
  }
}
