package dev.annulus.trainer.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.annulus.config.MergeMethodSettings;
import dev.annulus.config.MergeMethodSettings.Method;
import dev.annulus.config.MergePrecision;
import dev.annulus.trainer.huggingface.MemoryTempDir;
import dev.annulus.trainer.huggingface.SafetensorsType;
import dev.annulus.trainer.model.TinyModels;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Worked vectors of a program of its own, through folders from end to end. */
final class GoldenTest {
  @TempDir(factory = MemoryTempDir.class)
  Path root;

  private final JsonNode opcm = json("opcm_golden.json");
  private final JsonNode baselines = json("merge_baselines_golden.json");
  private Path base;
  private final List<Path> models = new ArrayList<>();

  private static JsonNode json(String name) {
    try (InputStream in = GoldenTest.class.getResourceAsStream("/merge/" + name)) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new AssertionError(name, e);
    }
  }

  @BeforeEach
  void writeModels() throws IOException {
    base = ModelFolders.write(root.resolve("base"), SafetensorsType.F64, tensors(opcm.get("base")));
    for (JsonNode model : opcm.get("models")) {
      models.add(
          ModelFolders.write(
              root.resolve("model" + models.size()), SafetensorsType.F64, tensors(model)));
    }
  }

  private static Map<String, ModelFolders.Values> tensors(JsonNode node) {
    Map<String, ModelFolders.Values> tensors = new LinkedHashMap<>();
    node.properties()
        .forEach(
            entry -> {
              JsonNode value = entry.getValue();
              List<Long> shape =
                  value.get(0).isArray()
                      ? List.of((long) value.size(), (long) value.get(0).size())
                      : List.of((long) value.size());
              tensors.put(entry.getKey(), new ModelFolders.Values(shape, numbers(value)));
            });
    return tensors;
  }

  private static double[] numbers(JsonNode node) {
    List<Double> numbers = new ArrayList<>();
    collect(node, numbers);
    return numbers.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static void collect(JsonNode node, List<Double> numbers) {
    if (node.isArray()) {
      node.forEach(element -> collect(element, numbers));
    } else {
      numbers.add(node.doubleValue());
    }
  }

  private static double budget(MergePrecision precision) {
    return precision == MergePrecision.FLOAT32 ? 1e-6 : 1e-12;
  }

  private static void assertWeights(Path folder, JsonNode expected, double budget) {
    Map<String, double[]> found = ModelFolders.read(folder);
    expected
        .properties()
        .forEach(
            entry ->
                assertThat(
                        TinyModels.relativeError(
                            found.get(entry.getKey()), numbers(entry.getValue())))
                    .as(entry.getKey())
                    .isLessThan(budget));
  }

  @ParameterizedTest
  @EnumSource
  void opcmAfterEachModel(MergePrecision precision) {
    Path state = root.resolve("state");
    double budget = budget(precision);
    for (int t = 1; t <= 3; t++) {
      JsonNode step = opcm.get("steps").get(t - 1);
      MergeReport report =
          ModelFolders.merge(
              ModelFolders.with(
                  ModelFolders.request(
                      MergeMethodSettings.of(Method.OPCM),
                      precision,
                      base,
                      root.resolve("out" + t),
                      models.get(t - 1)),
                  state));
      assertThat(report.lambda()).isCloseTo(step.get("lam").doubleValue(), within(2 * budget));
      assertThat(report.meanNorm()).isCloseTo(step.get("avg").doubleValue(), within(budget));
      assertThat(report.vectorNorm()).isCloseTo(step.get("S").doubleValue(), within(2 * budget));
      // The merged model is as far from the base as the models are on average.
      assertThat(report.changeNorm()).isCloseTo(report.meanNorm(), within(budget));
      for (MergeReport.Tensor tensor : report.tensors()) {
        JsonNode info = step.path("info").path(tensor.name());
        if (t > 1 && !info.isMissingNode()) {
          assertThat(tensor.folds().getFirst().r()).isEqualTo(info.get("r").intValue());
        }
      }
      // After the first model the merged one is that model.
      JsonNode merged = t == 1 ? opcm.get("models").get(0) : step.get("merged");
      assertWeights(root.resolve("out" + t), merged, budget);
    }
  }

  @ParameterizedTest
  @EnumSource
  void averageAndTaskArithmetic(MergePrecision precision) {
    Path[] all = models.toArray(Path[]::new);
    ModelFolders.merge(
        ModelFolders.request(
            MergeMethodSettings.of(Method.AVERAGE), precision, base, root.resolve("a"), all));
    assertWeights(root.resolve("a"), baselines.get("weight_average"), budget(precision));
    ModelFolders.merge(
        ModelFolders.request(
            MergeMethodSettings.of(Method.TASK_ARITHMETIC),
            precision,
            base,
            root.resolve("t"),
            all));
    assertWeights(root.resolve("t"), baselines.get("task_arithmetic_0.3"), budget(precision));
  }

  @ParameterizedTest
  @EnumSource
  void theSweepOverAlpha(MergePrecision precision) {
    double[] from = numbers(opcm.get("base").get("l1.weight"));
    double[] first = difference(numbers(opcm.get("models").get(0).get("l1.weight")), from);
    double[] second = difference(numbers(opcm.get("models").get(1).get("l1.weight")), from);
    MergeTensor tensor = MergeTensor.of("l1.weight", List.of(3L, 4L));
    baselines
        .get("alpha_sweep_l1_step2")
        .properties()
        .forEach(
            entry -> {
              if (!entry.getValue().isObject()) {
                return;
              }
              try (Arena arena = Arena.ofConfined()) {
                RunningTensor sum = new ArrayElements(first).running(arena, precision);
                FoldFacts facts =
                    new OrthogonalProjection(Double.parseDouble(entry.getKey()))
                        .fold(
                            new Fold(
                                tensor,
                                new ArrayElements(from),
                                new ArrayElements(second),
                                List.of(sum),
                                precision,
                                1));
                assertThat(facts.directions()).isEqualTo(entry.getValue().get("r").intValue());
                double[] cleaned = difference(ArrayElements.of(sum), first);
                assertThat(TinyModels.relativeError(cleaned, numbers(entry.getValue().get("C"))))
                    .as("alpha %s", entry.getKey())
                    .isLessThan(budget(precision));
              }
            });
  }

  /**
   * The vector is of a form of TIES that adds to the merged model instead of the base, on all
   * weights as one tensor and with the sum in place of the mean: trimming and signs are the same.
   */
  @Test
  void trimmingAndSignsOfTies() {
    JsonNode expected = baselines.get("ties_ref_quirk_0.5_20");
    double[] from = whole(opcm.get("base"), expected.get("order_of_names"));
    double[] merged = whole(opcm.get("models").get(0), expected.get("order_of_names"));
    for (int i = 0; i < merged.length; i++) {
      merged[i] = from[i] + 0.5 * (merged[i] - from[i]);
    }
    for (int t = 1; t < 3; t++) {
      double[] model = whole(opcm.get("models").get(t), expected.get("order_of_names"));
      double[] sums = tiesSums(difference(merged, from), difference(model, from));
      for (int i = 0; i < merged.length; i++) {
        merged[i] += 0.5 * sums[i];
      }
    }
    assertThat(TinyModels.relativeError(merged, numbers(expected.get("vector")))).isLessThan(1e-12);
  }

  private static double[] tiesSums(double[]... deltas) {
    Ties ties = new Ties(0.2, 1);
    try (Arena arena = Arena.ofConfined()) {
      List<RunningTensor> running = new ArrayList<>();
      for (int slot = 0; slot < 4; slot++) {
        running.add(new RunningTensor(arena, MergePrecision.FLOAT64, deltas[0].length));
      }
      for (double[] delta : deltas) {
        ties.fold(
            new Fold(
                MergeTensor.of("all", List.of((long) delta.length)),
                new ArrayElements(new double[delta.length]),
                new ArrayElements(delta),
                running,
                MergePrecision.FLOAT64,
                0));
      }
      double[] sums = new double[deltas[0].length];
      double[] positive = ArrayElements.of(running.get(0));
      double[] negative = ArrayElements.of(running.get(1));
      for (int i = 0; i < sums.length; i++) {
        sums[i] = positive[i] + negative[i] >= 0 ? positive[i] : negative[i];
      }
      return sums;
    }
  }

  private static double[] whole(JsonNode model, JsonNode names) {
    List<Double> numbers = new ArrayList<>();
    names.forEach(name -> collect(model.get(name.asText()), numbers));
    return numbers.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static double[] difference(double[] a, double[] b) {
    double[] difference = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      difference[i] = a[i] - b[i];
    }
    return difference;
  }
}
