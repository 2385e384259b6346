package dev.annulus.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RunConfigReaderTest {
  @Test
  void whatIsLeftOutHasItsDefault() {
    assertThat(read(Examples.MINIMAL))
        .isEqualTo(
            new RunConfig(
                new RunSettings("tiny", "runs/tiny", 1234, RunSettings.Resume.AUTO, 3, 600),
                new ModelSettings(Optional.of("base"), Optional.of("bytes"), Map.of()),
                new DataSettings(
                    List.of(new SourceSettings("a.txt", SourceSettings.Format.TEXT, "text")),
                    "runs/tiny/packed",
                    true,
                    true,
                    DataSettings.LongDocuments.SPLIT,
                    DataSettings.SplitPositions.RESTART,
                    DataSettings.LossNormalization.TOKEN,
                    true,
                    0,
                    0,
                    Optional.empty(),
                    DataSettings.ModalityLoss.FACTOR,
                    List.of(),
                    true),
                new EvaluationSettings(List.of()),
                new ParallelSettings(
                    1, 1, ParallelSettings.Layout.ZIGZAG, ParallelSettings.Route.AUTO),
                new DeviceSettings(DeviceSettings.Kind.AUTO, DeviceSettings.Precision.FLOAT32),
                new TransportSettings(TransportSettings.Kind.AUTO, 60, 8192, 4 << 20, 4 << 20),
                List.of(
                    new StageSettings(
                        "stage-0",
                        16,
                        OptionalDouble.empty(),
                        10,
                        2,
                        1e-3,
                        new ScheduleSettings(ScheduleSettings.Name.CONSTANT, 0, 0),
                        new OptimizerSettings(
                            OptimizerSettings.Name.ADAMW, 0.9, 0.95, 1e-8, 0.1, 1),
                        new HalfFineTuningSettings(false, 7))),
                new CheckpointSettings(50, 2),
                new SparkSettings(Optional.empty(), Map.of())));
  }

  @Test
  void everyKeyIsRead() {
    assertThat(read(Examples.FULL))
        .isEqualTo(
            new RunConfig(
                new RunSettings("full", "out/full", 9, RunSettings.Resume.REQUIRED, 0, 5),
                new ModelSettings(
                    Optional.empty(),
                    Optional.of("tokens/tokenizer.json"),
                    Map.of(
                        "hidden_size",
                        64,
                        "rms_norm_eps",
                        1e-5,
                        "tie_word_embeddings",
                        true,
                        "model_type",
                        "llama",
                        "rope_scaling",
                        Map.of("rope_type", "llama3", "factor", 8.0),
                        "eos_token_id",
                        List.of(1, 2),
                        "big",
                        5_000_000_000L)),
                new DataSettings(
                    List.of(
                        new SourceSettings(
                            "a/*.jsonl",
                            SourceSettings.Format.JSONL,
                            new SourceSettings.Text("content"),
                            OptionalDouble.of(2),
                            1),
                        new SourceSettings(
                            "b.parquet",
                            SourceSettings.Format.PARQUET,
                            new SourceSettings.TokenIds("kinds"),
                            OptionalDouble.of(1),
                            1),
                        new SourceSettings(
                            "c.jsonl.gz",
                            SourceSettings.Format.JSONL,
                            new SourceSettings.PromptAnswer("question", "reply"),
                            OptionalDouble.of(0),
                            1),
                        new SourceSettings(
                            "d.jsonl",
                            SourceSettings.Format.JSONL,
                            new SourceSettings.Messages("turns"),
                            OptionalDouble.of(0.5),
                            4)),
                    "packed",
                    false,
                    false,
                    DataSettings.LongDocuments.DROP,
                    DataSettings.SplitPositions.KEEP,
                    DataSettings.LossNormalization.EXAMPLE,
                    false,
                    0.01,
                    0.001,
                    Optional.of("chat.jinja"),
                    DataSettings.ModalityLoss.SHARE,
                    List.of(
                        new ModalitySettings(0, "text", 0.5),
                        new ModalitySettings(1, "vision", 0.5)),
                    false),
                new EvaluationSettings(
                    List.of(
                        new SourceSettings("held-out", SourceSettings.Format.TEXT, "text"),
                        evaluated("e.jsonl", new SourceSettings.TokenIds("m")),
                        evaluated("f.jsonl", new SourceSettings.PromptAnswer("p", "a")),
                        evaluated("g.jsonl", new SourceSettings.Messages("t"))),
                    20,
                    8),
                new ParallelSettings(
                    4,
                    2,
                    ParallelSettings.Layout.CONTIGUOUS,
                    ParallelSettings.Route.DIRECT,
                    new CostSettings(
                        OptionalDouble.of(5e10), OptionalDouble.of(1e9), OptionalDouble.of(0))),
                new DeviceSettings(
                    DeviceSettings.Kind.CPU,
                    DeviceSettings.Precision.FLOAT32,
                    DeviceSettings.Memory.AUTO,
                    OptionalInt.of(3),
                    DeviceSettings.PeerCopies.AUTO),
                new TransportSettings(
                    TransportSettings.Kind.IN_PROCESS,
                    5,
                    1408,
                    65536,
                    131072,
                    3,
                    TransportSettings.Threading.DEDICATED,
                    TransportSettings.Idle.BUSY_SPIN,
                    new PortRange(40_000, 40_099),
                    new BindNetwork.Block("10.1.0.0", 16),
                    new SecuritySettings(
                        SecuritySettings.Authentication.ON,
                        SecuritySettings.Encryption.AES_GCM,
                        Optional.of("/etc/annulus/secret"))),
                List.of(
                    new StageSettings(
                        "1k",
                        1024,
                        OptionalDouble.of(10000),
                        200,
                        4,
                        1e-3,
                        new ScheduleSettings(ScheduleSettings.Name.COSINE, 20, 0.1),
                        new OptimizerSettings(OptimizerSettings.Name.ADAMW, 0.8, 0.9, 1e-6, 0, 2),
                        new HalfFineTuningSettings(true, 11),
                        List.of(),
                        List.of(1.0, 0.0, 0.0, 3.0),
                        Optional.of(
                            new StageMergeSettings(
                                new MergeMethodSettings(
                                    MergeMethodSettings.Method.OPCM, 0.7, 1, 0.2, 128, 0.5),
                                List.of("a", "b"),
                                MergePrecision.FLOAT64)))),
                new CheckpointSettings(25, 3),
                new SparkSettings(
                    Optional.of("local[4]"),
                    Map.of("spark.executor.memory", "4g", "spark.task.maxFailures", "1"))));
  }

  private static SourceSettings evaluated(String path, SourceSettings.Content content) {
    return new SourceSettings(
        path, SourceSettings.Format.JSONL, content, OptionalDouble.empty(), 1);
  }

  @ParameterizedTest
  @CsvSource({
    "1e-3, 0.001",
    "1.0e-3, 0.001",
    "1.0E-3, 0.001",
    ".001, 0.001",
    "1, 1",
    "+2, 2",
    "1e0, 1",
    "0x10, 16",
    "0, 0"
  })
  void numbersMayBeWrittenInEveryWay(String written, double value) {
    assertThat(read(Examples.MINIMAL, "stages.0.learning_rate=" + written).stages().getFirst())
        .extracting(StageSettings::learningRate)
        .isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({"20, 20", "2e1, 20", "20.0, 20", "+20, 20", "0x14, 20", "0o24, 20"})
  void wholeNumbersMayBeWrittenInEveryWay(String written, int value) {
    assertThat(read(Examples.MINIMAL, "stages.0.steps=" + written).stages().getFirst().steps())
        .isEqualTo(value);
  }

  @Test
  void namesMayLookLikeNumbersAndKeepTheirForm() {
    assertThat(read(Examples.MINIMAL, "run.name=0010", "stages.0.name=1e3"))
        .satisfies(
            config -> {
              assertThat(config.run().name()).isEqualTo("0010");
              assertThat(config.stages().getFirst().name()).isEqualTo("1e3");
            });
  }

  @Test
  void aSeedHas64Bits() {
    assertThat(read(Examples.MINIMAL, "run.seed=-9223372036854775808").run().seed())
        .isEqualTo(Long.MIN_VALUE);
  }

  @ParameterizedTest
  @CsvSource({
    "a.jsonl, JSONL",
    "a/*.JSON, JSONL",
    "hdfs://b/c.parquet, PARQUET",
    "a.txt, TEXT",
    "dir, TEXT"
  })
  void theFormatFollowsTheEnding(String path, SourceSettings.Format format) {
    assertThat(read(Examples.MINIMAL, "data.sources.0.path=" + path).data().sources().getFirst())
        .isEqualTo(new SourceSettings(path, format, "text"));
  }

  @Test
  void aKeyWithoutValueIsLeftOut() {
    String text = Examples.MINIMAL + "spark:\nevaluation: null\nparallel: {context: , layout: ~}\n";
    assertThat(read(text)).isEqualTo(read(Examples.MINIMAL));
  }

  @Test
  void tokenIdsNeedNoTokenizer() {
    String text =
        Examples.MINIMAL
            .replace(", tokenizer: bytes", "")
            .replace("a.txt", "a.jsonl, field: input_ids");
    assertThat(read(text).model().tokenizer()).isEmpty();
  }

  @Test
  void anchorsMayBeUsedAgain() {
    String text =
        Examples.MINIMAL.replace(
                "learning_rate: 1.0e-3", "learning_rate: 1, optimizer: &o {eps: 0.5}")
            + "  - {sequence_length: 1, steps: 1, sequences_per_step: 1, learning_rate: 1,"
            + " optimizer: *o}\n";
    assertThat(read(text).stages()).extracting(stage -> stage.optimizer().eps()).containsOnly(0.5);
  }

  @Test
  void aFileIsRead(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("run.yaml"), "\uFEFF" + Examples.FULL);
    assertThat(RunConfigReader.read(file, List.of())).isEqualTo(read(Examples.FULL));
  }

  private static RunConfig read(String text, String... overrides) {
    return RunConfigReader.read("run.yaml", text, List.of(overrides));
  }
}
