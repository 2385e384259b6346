package dev.annulus.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.MergeMethodSettings.Method;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class MergeConfigReaderTest {
  private static final String MINIMAL = "merge: {base: b, models: [m, n], output: o}\n";

  private static MergeConfig read(String text, String... overrides) {
    return MergeConfigReader.read("merge.yaml", text, List.of(overrides));
  }

  @Test
  void whatIsLeftOutHasItsDefault() {
    MergeConfig config = read(MINIMAL);
    assertThat(config)
        .isEqualTo(
            new MergeConfig(
                new MergeMethodSettings(Method.OPCM, 0.5, 1, 0.2, 128, 0.5),
                "b",
                List.of("m", "n"),
                "o",
                Optional.empty(),
                MergePrecision.FLOAT32,
                Optional.empty(),
                MergeConfig.Seen.REFUSE,
                false,
                5_000_000_000L,
                new SparkSettings(Optional.empty(), java.util.Map.of())));
  }

  @Test
  void everyKeyIsRead() {
    MergeConfig config =
        read(
            """
            merge:
              method: ties
              density: 0.3
              scale: 0.7
              base: b
              models: [m]
              output: o
              state: s
              dtype: float64
              out_dtype: bfloat16
              seen: skip
              overwrite: true
              max_shard_bytes: 1000
            spark: {master: "local[1]", conf: {a: b}}
            """);
    assertThat(config.method().density()).isEqualTo(0.3);
    assertThat(config.method().scale()).isEqualTo(0.7);
    assertThat(config.state()).contains("s");
    assertThat(config.dtype()).isEqualTo(MergePrecision.FLOAT64);
    assertThat(config.outDtype()).contains(MergeConfig.OutDtype.BFLOAT16);
    assertThat(config.seen()).isEqualTo(MergeConfig.Seen.SKIP);
    assertThat(config.overwrite()).isTrue();
    assertThat(config.maxShardBytes()).isEqualTo(1000);
    assertThat(config.spark().master()).contains("local[1]");
  }

  @Test
  void theRecommendedScalesStandWhereNobodySaysOne() {
    assertThat(read(MINIMAL, "merge.method=task_arithmetic").method().scale()).isEqualTo(0.3);
    assertThat(read(MINIMAL, "merge.method=magmax").method().scale()).isEqualTo(0.5);
    assertThat(read(MINIMAL, "merge.method=ties").method().scale()).isEqualTo(1);
  }

  @Test
  void aStateAloneIsEnough() {
    assertThat(read("merge: {base: b, output: o, state: s}").models()).isEmpty();
  }

  @Test
  void everythingThatIsWrongIsToldAtOnce() {
    assertThatThrownBy(
            () ->
                read(
                    """
                    merge:
                      method: opcm
                      alpha: 1.5
                      density: 0.5
                      models: [m, ""]
                      dtype: bfloat16
                      seen: always
                    """))
        .isInstanceOfSatisfying(
            InvalidInputException.class,
            e ->
                assertThat(e.problems().stream().map(Problem::toString))
                    .satisfiesExactlyInAnyOrder(
                        p -> assertThat(p).contains("merge.base: missing"),
                        p -> assertThat(p).contains("merge.output: missing"),
                        p -> assertThat(p).contains("merge.yaml:3 merge.alpha: 1.5"),
                        p ->
                            assertThat(p)
                                .contains("merge.yaml:4 merge.density: unknown key", "alpha"),
                        p -> assertThat(p).contains("merge.yaml:5 merge.models.1"),
                        p -> assertThat(p).contains("merge.dtype: bfloat16", "float32, float64"),
                        p -> assertThat(p).contains("merge.seen: always", "refuse")));
  }

  @ParameterizedTest
  @EnumSource
  void whatIsWrittenIsReadBack(Method method) {
    MergeConfig config =
        new MergeConfig(
            MergeMethodSettings.of(method),
            "a: b",
            List.of("x", "#y"),
            "out",
            Optional.of("state"),
            MergePrecision.FLOAT64,
            Optional.of(MergeConfig.OutDtype.FLOAT16),
            MergeConfig.Seen.REPEAT,
            true,
            7,
            new SparkSettings(Optional.empty(), java.util.Map.of()));
    assertThat(read(MergeConfigWriter.write(config))).isEqualTo(config);
  }

  @Test
  void dataSetsHaveNamesOfTheirOwn() {
    MergeEvaluation data =
        MergeEvaluation.read(
            "data.yaml",
            """
            tokenizer: bytes
            add_eos: false
            sources:
              - {name: code, path: code.jsonl}
              - {path: poems/, format: text}
            """);
    assertThat(data.tokenizer()).contains("bytes");
    assertThat(data.addBos()).isTrue();
    assertThat(data.addEos()).isFalse();
    assertThat(data.dataSets())
        .containsExactly(
            new MergeEvaluation.DataSet(
                "code", new SourceSettings("code.jsonl", SourceSettings.Format.JSONL, "text")),
            new MergeEvaluation.DataSet(
                "data-2", new SourceSettings("poems/", SourceSettings.Format.TEXT, "text")));
    assertThatThrownBy(
            () ->
                MergeEvaluation.read(
                    "data.yaml", "sources: [{name: a, path: x}, {name: a, pth: y}]"))
        .hasMessageContaining("a name of its own")
        .hasMessageContaining("pth: unknown key");
    assertThatThrownBy(() -> MergeEvaluation.read("data.yaml", ""))
        .hasMessageContaining("sources: missing");
  }

  @Test
  void theMergesOfARunHaveOneMethodAndNoGap() {
    String stage = "sequence_length: 8, steps: 1, sequences_per_step: 1, learning_rate: 1.0e-3";
    String run =
        """
        run: {name: r}
        model: {path: m, tokenizer: bytes}
        data: {sources: [{path: a}]}
        stages:
        """;
    String merging = "  - {" + stage + ", merge: {method: opcm, with: [x]}}\n";
    String plain = "  - {" + stage + "}\n";
    String other = "  - {" + stage + ", merge: {method: average, with: [y]}}\n";
    assertThat(
            RunConfigReader.read("run.yaml", run + plain + merging, List.of())
                .stages()
                .get(1)
                .merge()
                .orElseThrow()
                .with())
        .containsExactly("x");
    assertThatThrownBy(() -> RunConfigReader.read("run.yaml", run + merging + other, List.of()))
        .hasMessageContaining("stages.1.merge", "the method, parameters and dtype of stages.0");
    assertThatThrownBy(
            () -> RunConfigReader.read("run.yaml", run + merging + plain + merging, List.of()))
        .hasMessageContaining("x twice")
        .hasMessageContaining("what stages.1 learns would be left out");
  }
}
