package dev.annulus.trainer.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.config.MergeMethodSettings;
import dev.annulus.config.MergeMethodSettings.Method;
import dev.annulus.config.MergePrecision;
import dev.annulus.trainer.huggingface.MemoryTempDir;
import dev.annulus.trainer.huggingface.SafetensorsType;
import dev.annulus.trainer.model.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What every method owes to its users; a new one is tested from the day that it has a name. */
final class MergeMethodConformanceTest {
  private static final long SEED = 77;
  private static final String FROZEN = "model.layers.0.self_attn.q_proj.weight";

  private static final String OF_ONE = "model.layers.0.mlp.up_proj.weight";

  /** What all tests read: a base, its models, and the merge of all of them by every method. */
  @TempDir(factory = MemoryTempDir.class)
  static Path shared;

  private static final Map<String, ModelFolders.Values> WEIGHTS = ModelFolders.random(SEED);
  private static final List<Path> MODELS = new ArrayList<>();
  private static final Map<String, MergeReport> ONCE = new HashMap<>();
  private static Path base;

  @TempDir(factory = MemoryTempDir.class)
  Path root;

  static Stream<Arguments> methods() {
    return Stream.of(Method.values())
        .flatMap(m -> Stream.of(MergePrecision.values()).map(p -> Arguments.of(settings(m), p)));
  }

  /** The defaults, but a rank that leaves something of small matrices. */
  private static MergeMethodSettings settings(Method method) {
    MergeMethodSettings defaults = MergeMethodSettings.of(method);
    return new MergeMethodSettings(
        method, defaults.alpha(), defaults.scale(), defaults.density(), 2, defaults.t());
  }

  private static int most(MergeMethodSettings settings) {
    return Math.min(4, MergeMethods.of(settings).mostModels());
  }

  @BeforeAll
  static void writeModels() throws IOException {
    base = ModelFolders.write(shared.resolve("base"), SafetensorsType.F32, WEIGHTS);
    for (int i = 0; i < 4; i++) {
      MODELS.add(
          ModelFolders.write(
              shared.resolve("model" + i),
              SafetensorsType.F32,
              ModelFolders.tuned(WEIGHTS, SEED + 1 + i)));
    }
  }

  /** Where the merge of all models lies, its state beside it; merged by the first that asks. */
  private Path once(MergeMethodSettings settings, MergePrecision precision) {
    Path folder = shared.resolve(settings.method() + "-" + precision);
    ONCE.computeIfAbsent(
        folder.toString(),
        name ->
            merge(
                settings, precision, name, MODELS.subList(0, most(settings)).toArray(Path[]::new)));
    return folder;
  }

  private MergeReport merge(
      MergeMethodSettings settings, MergePrecision precision, String name, Path... of) {
    return ModelFolders.merge(
        ModelFolders.with(
            ModelFolders.request(settings, precision, base, root.resolve(name), of),
            root.resolve(name + ".state")));
  }

  private void goOn(
      MergeMethodSettings settings, MergePrecision precision, String name, String state, Path of) {
    ModelFolders.merge(
        ModelFolders.with(
            ModelFolders.request(settings, precision, base, root.resolve(name), of),
            root.resolve(state)));
  }

  @ParameterizedTest
  @MethodSource("methods")
  void oneMoreLaterGivesTheBitsOfAllAtOnce(MergeMethodSettings settings, MergePrecision precision)
      throws IOException {
    int most = most(settings);
    Path once = once(settings, precision);
    merge(settings, precision, "early", MODELS.getFirst());
    for (int i = 1; i < most; i++) {
      goOn(settings, precision, "later" + i, "early.state", MODELS.get(i));
    }
    assertSameBytes(once, root.resolve("later" + (most - 1)), "model.safetensors");
    Path state = once.resolveSibling(once.getFileName() + ".state").resolve("tensors");
    List<Path> files;
    try (Stream<Path> list = Files.list(state)) {
      files = list.toList();
    }
    assertThat(files).hasSize(WEIGHTS.size());
    for (Path file : files) {
      assertSameBytes(state, root.resolve("early.state/tensors"), file.getFileName().toString());
    }
  }

  private void assertSameBytes(Path one, Path other, String file) throws IOException {
    assertThat(Files.mismatch(one.resolve(file), other.resolve(file)))
        .as("%s of %s and %s", file, one, other)
        .isEqualTo(-1);
  }

  /**
   * A weight that no model changed stays as it was; of one that only one changed, that change comes
   * through undisturbed by the others.
   */
  @ParameterizedTest
  @MethodSource("methods")
  void whatModelsLeftAloneIsNotDisturbed(MergeMethodSettings settings, MergePrecision precision)
      throws IOException {
    List<Path> partly = new ArrayList<>();
    for (int i = 0; i < most(settings); i++) {
      Map<String, ModelFolders.Values> tuned =
          new LinkedHashMap<>(ModelFolders.tuned(WEIGHTS, SEED + 1 + i));
      tuned.put(FROZEN, WEIGHTS.get(FROZEN));
      if (i != 1) {
        tuned.put(OF_ONE, WEIGHTS.get(OF_ONE));
      }
      partly.add(ModelFolders.write(root.resolve("partly" + i), SafetensorsType.F32, tuned));
    }
    MergeReport report = merge(settings, precision, "out", partly.toArray(Path[]::new));
    Map<String, double[]> of = ModelFolders.read(base);
    Map<String, double[]> merged = ModelFolders.read(root.resolve("out"));
    assertThat(merged.get(FROZEN)).containsExactly(of.get(FROZEN));
    assertThat(report.changeNorm()).isPositive();
    double[] from = of.get(OF_ONE);
    double[] change = merged.get(OF_ONE);
    double[] alone = ModelFolders.read(partly.get(1)).get(OF_ONE);
    for (int i = 0; i < from.length; i++) {
      change[i] -= from[i];
      alone[i] -= from[i];
    }
    double cosine =
        Elements.dot(change, alone, from.length)
            / Math.sqrt(
                Elements.squares(change, from.length) * Elements.squares(alone, from.length));
    // TIES keeps the largest fifth of the elements only.
    assertThat(cosine).isGreaterThan(settings.method() == Method.TIES ? 0.6 : 0.9999);
  }

  @ParameterizedTest
  @MethodSource("methods")
  void theSameMergeTwiceGivesTheSameBytes(MergeMethodSettings settings, MergePrecision precision)
      throws IOException {
    Path[] all = MODELS.subList(0, most(settings)).toArray(Path[]::new);
    merge(settings, precision, "other", all);
    assertSameBytes(once(settings, precision), root.resolve("other"), "model.safetensors");
  }

  /** Both precisions follow one formula: they part by rounding only. */
  @ParameterizedTest
  @MethodSource("methods")
  void aSingleModelIsTheBasePlusItsScaledTaskVector(
      MergeMethodSettings settings, MergePrecision precision) {
    MergeReport report = merge(settings, precision, "out", MODELS.getFirst());
    MergeMethodSettings plain = settings;
    double scale = plain.method().hasScale() ? plain.scale() : 1;
    assertThat(report.scale()).isCloseTo(scale, within(1e-12));
    if (settings.method() != Method.TIES) {
      assertThat(report.vectorNorm())
          .isCloseTo(report.models().getFirst().norm(), within(1e-7 * report.vectorNorm()));
    }
    assertThat(report.changeNorm())
        .isCloseTo(scale * report.vectorNorm(), within(1e-6 * report.vectorNorm()));
  }

  @ParameterizedTest
  @MethodSource("methods")
  void theOrderChangesNothingWhereTheMethodSaysSo(
      MergeMethodSettings settings, MergePrecision precision) {
    int most = most(settings);
    Path once = once(settings, precision);
    MergeReport forth = ONCE.get(once.toString());
    MergeReport back =
        merge(settings, precision, "back", MODELS.subList(0, most).reversed().toArray(Path[]::new));
    assertThat(back.meanNorm()).isCloseTo(forth.meanNorm(), within(1e-12));
    switch (settings.method()) {
      case AVERAGE, TASK_ARITHMETIC, TIES, MAGMAX ->
          ModelFolders.read(once)
              .forEach(
                  (name, values) ->
                      assertThat(
                              TinyModels.relativeError(
                                  ModelFolders.read(root.resolve("back")).get(name), values))
                          .as(name)
                          .isLessThan(1e-7));
      // The merged model is as far from the base in any order.
      case OPCM -> assertThat(back.changeNorm()).isCloseTo(forth.changeNorm(), within(1e-6));
      case NULL_SPACE, SLERP -> assertThat(back.changeNorm()).isPositive();
    }
  }
}
