package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.abort;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.annulus.config.HalfFineTuningSettings;
import dev.annulus.config.OptimizerSettings;
import dev.annulus.config.ScheduleSettings;
import dev.annulus.config.StageSettings;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.device.cuda.CudaDevice;
import dev.annulus.device.cuda.CudaUnavailableException;
import dev.annulus.device.reference.ReferenceDevice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * 20 steps of training against transformers and torch AdamW, which run every document alone; here
 * the documents of a step are packed into one row, which lies over a ring. Fixtures are made by
 * src/test/python/make_parity_fixtures.py; budgets stand in docs/numerics.md.
 */
class TorchParityTest {
  private static final int LENGTH = 57;

  @TempDir Path outputDir;

  @Tag("gpu")
  @ParameterizedTest(name = "{0}, {1} loss, on the GPU")
  @CsvSource({"mha, token", "gqa, example"})
  void twentyStepsOnTheGpuAgreeWithTorch(String model, String normalization) throws Exception {
    try {
      CudaDevice.requireUsable(0);
    } catch (CudaUnavailableException e) {
      abort("no GPU to test on: " + e.getMessage());
    }
    twentyStepsAgreeWithTorch(model, normalization, 1, "gpu");
  }

  @ParameterizedTest(name = "{0}, {1} loss, ring of {2}, {3}")
  @CsvSource({
    "mha, token, 1, cpu",
    "mha, example, 3, cpu",
    "gqa, token, 4, cpu",
    "gqa, example, 1, cpu",
    "gqa, token, 1, reference"
  })
  void twentyStepsAgreeWithTorch(String model, String normalization, int ring, String device)
      throws Exception {
    Path folder = Path.of(getClass().getResource("/parity/" + model + "/parity.json").toURI());
    JsonNode parity = JsonMapper.builder().build().readTree(folder.toFile());
    JsonNode steps = parity.get("steps_" + normalization);
    List<PackedRow> rows = new ArrayList<>();
    for (JsonNode step : steps) {
      rows.add(row(step.get("documents"), normalization.equals("example")));
    }
    TinyRun run =
        TinyRun.of(stage(parity.get("optimizer")))
            .modelPath(folder.getParent().toString())
            .inOrder()
            .mesh(ring, 1);
    Gang gang = new Gang(run, outputDir, stage -> new RowsInMemory(LENGTH, rows));
    gang.device(
            switch (device) {
              case "cpu" -> CpuDevice::new;
              case "gpu" -> () -> new CudaDevice(0);
              default -> ReferenceDevice::new;
            })
        .run();

    assertThat(gang.reports).hasSize(20);
    for (int i = 0; i < 20; i++) {
      StepReport report = gang.reports.get(i);
      JsonNode expected = steps.get(i);
      assertRelative(report.loss(), expected.get("loss").doubleValue(), 1e-4, "loss", i);
      assertRelative(report.gradNorm(), expected.get("grad_norm").doubleValue(), 1e-3, "norm", i);
      assertRelative(
          report.learningRate(), expected.get("learning_rate").doubleValue(), 1e-12, "rate", i);
    }
    Map<String, float[]> start = TrainedFiles.weights(folder.getParent());
    Map<String, float[]> expected =
        TrainedFiles.tensors(folder.resolveSibling("trained-" + normalization + ".safetensors"));
    Map<String, float[]> trained = TrainedFiles.weights(outputDir.resolve("final"));
    assertThat(trained.keySet()).isEqualTo(expected.keySet());
    double update = TrainedFiles.distance(expected, start);
    double error = TrainedFiles.distance(trained, expected);
    System.out.printf(
        "parity %s %s ring %d on %s: weight error %.1e of the update, worst loss %.1e%n",
        model, normalization, ring, device, error / update, worst(gang.reports, steps));
    assertThat(error).isLessThanOrEqualTo(0.01 * update);
  }

  private static double worst(List<StepReport> reports, JsonNode steps) {
    double worst = 0;
    for (int i = 0; i < reports.size(); i++) {
      double expected = steps.get(i).get("loss").doubleValue();
      worst = Math.max(worst, Math.abs(reports.get(i).loss() - expected) / expected);
    }
    return worst;
  }

  private static void assertRelative(
      double value, double expected, double tolerance, String what, int index) {
    assertThat(value)
        .as("%s of step %d", what, index + 1)
        .isEqualTo(expected, within(tolerance * Math.abs(expected)));
  }

  private static PackedRow row(JsonNode documents, boolean example) {
    List<int[]> ids = new ArrayList<>();
    for (JsonNode document : documents) {
      int[] tokens = new int[document.size()];
      for (int i = 0; i < tokens.length; i++) {
        tokens[i] = document.get(i).intValue();
      }
      ids.add(tokens);
    }
    return RowsInMemory.pack(LENGTH, ids, example);
  }

  private static StageSettings stage(JsonNode optimizer) {
    return new StageSettings(
        "parity",
        LENGTH,
        OptionalDouble.empty(),
        optimizer.get("steps").intValue(),
        1,
        optimizer.get("peak").doubleValue(),
        new ScheduleSettings(
            ScheduleSettings.Name.COSINE,
            optimizer.get("warmup_steps").intValue(),
            optimizer.get("min_ratio").doubleValue()),
        new OptimizerSettings(
            OptimizerSettings.Name.ADAMW,
            optimizer.get("betas").get(0).doubleValue(),
            optimizer.get("betas").get(1).doubleValue(),
            optimizer.get("eps").doubleValue(),
            optimizer.get("weight_decay").doubleValue(),
            optimizer.get("max_grad_norm").doubleValue()),
        new HalfFineTuningSettings(false, 7));
  }
}
