package dev.annulus.trainer.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.config.MergeMethodSettings;
import dev.annulus.config.MergeMethodSettings.Method;
import dev.annulus.config.MergePrecision;
import dev.annulus.trainer.huggingface.SafetensorsType;
import dev.annulus.trainer.model.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What every method owes to its users; a new one is tested from the day that it has a name. */
final class MergeMethodConformanceTest {
  private static final long SEED = 77;
  private static final String FROZEN = "model.layers.0.self_attn.q_proj.weight";

  @TempDir Path root;

  private Map<String, ModelFolders.Values> weights;
  private Path base;
  private final List<Path> models = new ArrayList<>();

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

  @BeforeEach
  void write() throws IOException {
    weights = ModelFolders.random(SEED);
    base = ModelFolders.write(root.resolve("base"), SafetensorsType.F32, weights);
    for (int i = 0; i < 4; i++) {
      models.add(
          ModelFolders.write(
              root.resolve("model" + i),
              SafetensorsType.F32,
              ModelFolders.tuned(weights, SEED + 1 + i)));
    }
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
    merge(settings, precision, "once", models.subList(0, most).toArray(Path[]::new));
    merge(settings, precision, "early", models.getFirst());
    for (int i = 1; i < most; i++) {
      goOn(settings, precision, "later" + i, "early.state", models.get(i));
    }
    assertSameBytes("once", "later" + (most - 1), "model.safetensors");
    List<Path> files;
    try (Stream<Path> list = Files.list(root.resolve("once.state/tensors"))) {
      files = list.toList();
    }
    assertThat(files).hasSize(weights.size());
    for (Path file : files) {
      assertSameBytes("once.state/tensors", "early.state/tensors", file.getFileName().toString());
    }
  }

  private void assertSameBytes(String one, String other, String file) throws IOException {
    assertThat(Files.mismatch(root.resolve(one).resolve(file), root.resolve(other).resolve(file)))
        .as("%s of %s and %s", file, one, other)
        .isEqualTo(-1);
  }

  @ParameterizedTest
  @MethodSource("methods")
  void aWeightThatNobodyChangedIsTheBasesToTheBit(
      MergeMethodSettings settings, MergePrecision precision) throws IOException {
    List<Path> frozen = new ArrayList<>();
    for (int i = 0; i < most(settings); i++) {
      Map<String, ModelFolders.Values> tuned =
          new LinkedHashMap<>(ModelFolders.tuned(weights, SEED + 1 + i));
      tuned.put(FROZEN, weights.get(FROZEN));
      frozen.add(ModelFolders.write(root.resolve("frozen" + i), SafetensorsType.F32, tuned));
    }
    MergeReport report = merge(settings, precision, "out", frozen.toArray(Path[]::new));
    assertThat(ModelFolders.read(root.resolve("out")).get(FROZEN))
        .containsExactly(ModelFolders.read(base).get(FROZEN));
    assertThat(report.changeNorm()).isPositive();
  }

  /**
   * Only one of the models changed a weight: its change comes through undisturbed by the others.
   */
  @ParameterizedTest
  @MethodSource("methods")
  void aWeightThatOneChangedKeepsTheDirectionOfItsChange(
      MergeMethodSettings settings, MergePrecision precision) throws IOException {
    List<Path> partly = new ArrayList<>();
    for (int i = 0; i < most(settings); i++) {
      Map<String, ModelFolders.Values> tuned =
          new LinkedHashMap<>(ModelFolders.tuned(weights, SEED + 1 + i));
      if (i != 1) {
        tuned.put(FROZEN, weights.get(FROZEN));
      }
      partly.add(ModelFolders.write(root.resolve("partly" + i), SafetensorsType.F32, tuned));
    }
    merge(settings, precision, "out", partly.toArray(Path[]::new));
    double[] from = ModelFolders.read(base).get(FROZEN);
    double[] change = ModelFolders.read(root.resolve("out")).get(FROZEN);
    double[] alone = ModelFolders.read(partly.get(1)).get(FROZEN);
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
    Path[] all = models.subList(0, most(settings)).toArray(Path[]::new);
    merge(settings, precision, "one", all);
    merge(settings, precision, "other", all);
    assertSameBytes("one", "other", "model.safetensors");
  }

  /** Both precisions follow one formula: they part by rounding only. */
  @ParameterizedTest
  @MethodSource("methods")
  void aSingleModelIsTheBasePlusItsScaledTaskVector(
      MergeMethodSettings settings, MergePrecision precision) {
    MergeReport report = merge(settings, precision, "out", models.getFirst());
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
    MergeReport forth =
        merge(settings, precision, "forth", models.subList(0, most).toArray(Path[]::new));
    MergeReport back =
        merge(settings, precision, "back", models.subList(0, most).reversed().toArray(Path[]::new));
    assertThat(back.meanNorm()).isCloseTo(forth.meanNorm(), within(1e-12));
    switch (settings.method()) {
      case AVERAGE, TASK_ARITHMETIC, TIES, MAGMAX ->
          ModelFolders.read(root.resolve("forth"))
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
