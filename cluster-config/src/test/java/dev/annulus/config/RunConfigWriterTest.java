package dev.annulus.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class RunConfigWriterTest {
  @Test
  void whatWasWrittenIsReadBack() {
    for (String text : List.of(Examples.MINIMAL, Examples.FULL)) {
      RunConfig config = RunConfigReader.read("run.yaml", text, List.of());
      assertThat(reread(config)).isEqualTo(config);
    }
  }

  @Test
  void everyKeyIsWritten() {
    Problems problems = new Problems();
    RunConfig config = RunConfigReader.read("run.yaml", Examples.FULL, List.of(), problems);
    assertThat(KeyPaths.of(RunConfigWriter.write(config)))
        .containsAll(
            problems.knownKeys().stream().filter(key -> !key.equals("model.path")).toList());
  }

  @Test
  void defaultsAreWrittenToo() {
    RunConfig config = RunConfigReader.read("run.yaml", Examples.MINIMAL, List.of());
    assertThat(RunConfigWriter.write(config))
        .startsWith(
            """
            run:
              name: tiny
              output_dir: runs/tiny
              seed: 1234
              resume: auto
              max_restarts: 3
              wait_for_workers_seconds: 600
            """)
        .endsWith("conf: {}\n");
  }

  @Test
  void anythingThatARecordCanHoldIsReadBack() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int trial = 0; trial < 200; trial++) {
      RunConfig config = random(random);
      String text = RunConfigWriter.write(config);
      assertThat(reread(config)).as("seed %d:%n%s", seed, text).isEqualTo(config);
      assertThat(RunConfigWriter.write(reread(config))).isEqualTo(text);
    }
  }

  @Test
  void secretsAmongSparksPropertiesAreNotWritten() {
    RunConfig config =
        RunConfigReader.read(
            "run.yaml",
            Examples.MINIMAL
                + "spark: {conf: {spark.authenticate.secret: xyzzy, spark.executor.cores: 2,"
                + " spark.hadoop.fs.s3a.access.key: xyzzy}}\n",
            List.of());
    assertThat(RunConfigWriter.write(config))
        .doesNotContain("xyzzy")
        .contains("spark.authenticate.secret: (redacted)")
        .contains("spark.executor.cores: '2'");
  }

  private static RunConfig reread(RunConfig config) {
    return RunConfigReader.read("config.yaml", RunConfigWriter.write(config), List.of());
  }

  private static RunConfig random(Random random) {
    boolean fromPath = random.nextBoolean();
    List<StageSettings> stages = new ArrayList<>();
    Optional<StageMergeSettings> merge =
        random.nextBoolean()
            ? Optional.empty()
            : Optional.of(
                new StageMergeSettings(
                    MergeMethodSettings.of(pick(random, MergeMethodSettings.Method.values())),
                    List.of(),
                    pick(random, MergePrecision.values())));
    for (int i = random.nextInt(3); i >= 0; i--) {
      stages.add(
          new StageSettings(
              i + pick(random, "", "e3", "0x", ".5", "-null"),
              1 + random.nextInt(1 << 20),
              random.nextBoolean()
                  ? OptionalDouble.empty()
                  : OptionalDouble.of(Math.exp(random.nextGaussian() * 20)),
              10 + random.nextInt(1 << 20),
              1 + random.nextInt(100),
              Math.exp(random.nextGaussian() * 10),
              new ScheduleSettings(
                  pick(random, ScheduleSettings.Name.values()),
                  random.nextInt(10),
                  random.nextDouble()),
              new OptimizerSettings(
                  OptimizerSettings.Name.ADAMW,
                  random.nextDouble(),
                  random.nextDouble(),
                  Double.MIN_VALUE,
                  random.nextDouble(),
                  random.nextInt(3)),
              new HalfFineTuningSettings(
                  random.nextBoolean(),
                  random.nextLong(),
                  pick(random, HalfFineTuningSettings.Mode.values())),
              random.nextBoolean() ? List.of() : List.of("model.layers.0.*", "*norm*"),
              List.of(),
              merge));
    }
    return new RunConfig(
        new RunSettings(
            pick(random, "true", "null", "1e3", "-", "007", "0x1F", "a.b"),
            text(random),
            random.nextLong(),
            pick(random, RunSettings.Resume.values()),
            random.nextInt(9),
            1 + random.nextInt(9)),
        new ModelSettings(
            fromPath ? Optional.of(text(random)) : Optional.empty(),
            Optional.of(text(random)),
            fromPath
                ? Map.of()
                : Map.of(
                    "a",
                    random.nextInt(),
                    text(random) + "?",
                    random.nextDouble(),
                    "c",
                    List.of(text(random), Map.of("d", random.nextBoolean()), List.of(1)),
                    "e",
                    1L << 40)),
        new DataSettings(
            List.of(new SourceSettings(text(random), SourceSettings.Format.JSONL, text(random))),
            text(random),
            random.nextBoolean(),
            random.nextBoolean(),
            pick(random, DataSettings.LongDocuments.values()),
            pick(random, DataSettings.LossNormalization.values()),
            random.nextBoolean()),
        new EvaluationSettings(
            random.nextBoolean()
                ? List.of()
                : List.of(new SourceSettings(text(random), SourceSettings.Format.TEXT, "text")),
            0,
            1 + random.nextInt(64)),
        new ParallelSettings(
            1 + random.nextInt(64),
            1 + random.nextInt(64),
            pick(random, ParallelSettings.Layout.values()),
            pick(random, ParallelSettings.Route.values()),
            ParallelSettings.Sharding.OPTIMIZER,
            new CostSettings(
                pick(random, OptionalDouble.empty(), OptionalDouble.of(3e13)),
                pick(random, OptionalDouble.empty(), OptionalDouble.of(1.25e9)),
                pick(random, OptionalDouble.empty(), OptionalDouble.of(0.5)))),
        new DeviceSettings(
            pick(random, DeviceSettings.Kind.AUTO, DeviceSettings.Kind.CUDA),
            pick(random, DeviceSettings.Precision.values()),
            pick(random, DeviceSettings.Memory.values()),
            pick(random, OptionalInt.empty(), OptionalInt.of(7)),
            pick(random, DeviceSettings.PeerCopies.values())),
        new TransportSettings(
            pick(random, TransportSettings.Kind.values()),
            7,
            2048,
            1 << 30,
            1 << 20,
            1 + random.nextInt(16),
            pick(random, TransportSettings.Threading.values()),
            pick(random, TransportSettings.Idle.values()),
            pick(random, PortRange.ANY, new PortRange(40_000, 40_099)),
            pick(random, BindNetwork.AUTO, new BindNetwork.Interface("eth1")),
            pick(
                random,
                SecuritySettings.DEFAULT,
                new SecuritySettings(
                    SecuritySettings.Authentication.ON,
                    SecuritySettings.Encryption.AES_GCM,
                    Optional.of(text(random) + "/secret")))),
        stages,
        new CheckpointSettings(random.nextInt(99), 1 + random.nextInt(9)),
        new SparkSettings(
            random.nextBoolean() ? Optional.empty() : Optional.of("local[4]"),
            Map.of("spark.x", text(random), text(random) + "!", "1")));
  }

  /** Text that YAML could take for something else. */
  private static String text(Random random) {
    return pick(
        random,
        "a",
        "true",
        "null",
        "~",
        "1",
        "1.5",
        "1e-5",
        "0x10",
        ".inf",
        "*.jsonl",
        "&a",
        "!t",
        "a: b",
        "- a",
        "#a",
        "a #b",
        "[a",
        "{a",
        "'",
        "\"",
        "%a",
        "@a",
        "`a`",
        "é ü 漢 \uD83D\uDE00",
        "a\\b",
        " a ",
        "x".repeat(300),
        "word ".repeat(60) + "end",
        "yes",
        "=",
        "<<",
        "a:",
        "?a",
        "|",
        ">");
  }

  @SafeVarargs
  private static <T> T pick(Random random, T... values) {
    return values[random.nextInt(values.length)];
  }
}
