package dev.annulus.trainer.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.MergeConfig;
import dev.annulus.config.MergeMethodSettings;
import dev.annulus.config.MergeMethodSettings.Method;
import dev.annulus.config.MergePrecision;
import dev.annulus.config.Problem;
import dev.annulus.trainer.huggingface.JsonFiles;
import dev.annulus.trainer.huggingface.MemoryTempDir;
import dev.annulus.trainer.huggingface.SafetensorsType;
import dev.annulus.trainer.huggingface.WeightFiles;
import dev.annulus.trainer.model.TinyModels;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a merge leaves behind, and what it refuses. */
final class FolderMergeTest {
  private static final String QUERY = "model.layers.0.self_attn.q_proj.weight";

  @TempDir(factory = MemoryTempDir.class)
  Path root;

  private Map<String, ModelFolders.Values> weights;
  private Path base;
  private Path first;
  private Path second;

  @BeforeEach
  void write() throws IOException {
    weights = ModelFolders.random(1);
    base = ModelFolders.write(root.resolve("base"), SafetensorsType.BF16, weights);
    first =
        ModelFolders.write(
            root.resolve("first"), SafetensorsType.BF16, ModelFolders.tuned(weights, 2));
    second =
        ModelFolders.write(
            root.resolve("second"), SafetensorsType.F32, ModelFolders.tuned(weights, 3));
  }

  /** A merge with a state, of which tests change what they are about. */
  private final class Asked {
    private Method method = Method.OPCM;
    private Path ofBase = base;
    private List<Path> models = List.of(first, second);
    private String state = "state";
    private MergePrecision dtype = MergePrecision.FLOAT32;
    private Optional<MergeConfig.OutDtype> out = Optional.empty();
    private MergeConfig.Seen seen = MergeConfig.Seen.REFUSE;
    private boolean overwrite;
    private long shard = 5_000_000_000L;

    private MergeRequest request() {
      Path folder = root.resolve(state);
      return new MergeRequest(
          MergeMethodSettings.of(method),
          dtype,
          ofBase,
          models.stream().map(m -> MergeModel.of(m.toString(), ofBase.toString())).toList(),
          Optional.of(folder).filter(Files::exists),
          Optional.of(folder),
          root.resolve("out"),
          out,
          seen,
          overwrite,
          shard,
          "merge: {method: opcm}\n");
    }

    private MergeReport merge() {
      return ModelFolders.merge(request());
    }

    /** The merge must be refused and leave the folder as it was. */
    private List<Problem> refused() {
      Set<String> before = names();
      InvalidInputException e = catchThrowableOfType(InvalidInputException.class, this::merge);
      assertThat(e).isNotNull();
      assertThat(names()).isEqualTo(before);
      return e.problems();
    }

    private void refusedWith(String... messages) {
      List<Problem> problems = refused();
      assertThat(problems).as("%s", problems).hasSize(messages.length);
      for (int i = 0; i < messages.length; i++) {
        assertThat(problems.get(i).toString()).contains(messages[i]);
      }
    }
  }

  private Set<String> names() {
    try (Stream<Path> walk = Files.walk(root)) {
      TreeSet<String> names = new TreeSet<>();
      walk.forEach(path -> names.add(root.relativize(path).toString()));
      return names;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void theOutputIsAModelFolderInTheBasesType() throws IOException {
    Files.writeString(base.resolve("tokenizer.json"), "{\"model\": {\"vocab\": {\"a\": 0}}}");
    Files.writeString(base.resolve("chat_template.jinja"), "{{ messages }}");
    Files.writeString(base.resolve("notes.txt"), "not of the model");
    MergeReport report = new Asked().merge();
    assertThat(names())
        .contains("state/state.json", "state/tensors/00000.safetensors")
        .noneMatch(name -> name.contains(".partial") || name.contains(".old"));
    try (Stream<Path> files = Files.list(root.resolve("out"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "config.json",
              "model.safetensors",
              "tokenizer.json",
              "chat_template.jinja",
              "README.md",
              "merge_config.yaml",
              "merge_report.json",
              "merge_report.md");
    }
    try (WeightFiles out = WeightFiles.open(root.resolve("out"))) {
      assertThat(out.tensors().values())
          .allMatch(located -> located.tensor().type() == SafetensorsType.BF16);
    }
    Map<String, Object> config = JsonFiles.read(root.resolve("out/config.json"));
    assertThat(config).containsEntry("torch_dtype", "bfloat16").containsEntry("vocab_size", 7);
    assertThat(Files.readString(root.resolve("out/README.md")))
        .contains("base_model:", first.toString(), report.models().getLast().sha256())
        .contains("merge: {method: opcm}");
    assertThat(Files.readString(root.resolve("out/merge_report.md")))
        .contains("| " + QUERY + " | [6, 6] |", ", r ", "lambda");
    assertThat(JsonFiles.read(root.resolve("out/merge_report.json")).keySet())
        .contains("lambda", "cosines", "tensors", "models", "seconds");
  }

  @Test
  void shardsAndTheirIndexHoldTheSameWeights() {
    Asked whole = new Asked();
    whole.out = Optional.of(MergeConfig.OutDtype.FLOAT32);
    whole.merge();
    Map<String, double[]> expected = ModelFolders.read(root.resolve("out"));
    Asked asked = new Asked();
    asked.state = "other";
    asked.overwrite = true;
    asked.shard = 400;
    asked.out = Optional.of(MergeConfig.OutDtype.FLOAT32);
    asked.merge();
    assertThat(root.resolve("out/model.safetensors")).doesNotExist();
    assertThat(root.resolve("out/model-00001-of-00004.safetensors")).exists();
    Map<String, double[]> found = ModelFolders.read(root.resolve("out"));
    assertThat(found.keySet()).isEqualTo(expected.keySet());
    expected.forEach((name, values) -> assertThat(found.get(name)).containsExactly(values));
    assertThat(JsonFiles.read(root.resolve("out/model.safetensors.index.json")).get("metadata"))
        .isEqualTo(Map.of("total_size", 4 * 234));
  }

  @Test
  void roundingToTheOutputsTypeIsAllThatTheTypeChanges() {
    Asked exact = new Asked();
    exact.out = Optional.of(MergeConfig.OutDtype.FLOAT64);
    exact.merge();
    Map<String, double[]> expected = ModelFolders.read(root.resolve("out"));
    for (MergeConfig.OutDtype type : MergeConfig.OutDtype.values()) {
      Asked asked = new Asked();
      asked.out = Optional.of(type);
      asked.overwrite = true;
      asked.state = "state-" + type;
      asked.merge();
      double budget =
          switch (type) {
            case FLOAT64 -> 0;
            case FLOAT32 -> 6e-8;
            case FLOAT16 -> 5e-4;
            case BFLOAT16 -> 4e-3;
          };
      ModelFolders.read(root.resolve("out"))
          .forEach(
              (name, values) ->
                  assertThat(TinyModels.relativeError(values, expected.get(name)))
                      .as("%s %s", type, name)
                      .isLessThanOrEqualTo(budget));
    }
  }

  @Test
  void aModelThatIsInIsRefusedSkippedOrRepeated() {
    new Asked().merge();
    Asked again = new Asked();
    again.overwrite = true;
    again.models = List.of(second, first);
    again.refusedWith("second: is in already", "first: is in already, as " + first);
    again.seen = MergeConfig.Seen.SKIP;
    assertThat(again.merge().models()).hasSize(2);
    again.seen = MergeConfig.Seen.REPEAT;
    assertThat(again.merge().models()).hasSize(4);
    Asked twice = new Asked();
    twice.state = "new";
    twice.overwrite = true;
    twice.models = List.of(first, first);
    twice.refusedWith("first: is in already");
  }

  @Test
  void aStateAloneGivesTheOutputOnceMore() throws IOException {
    new Asked().merge();
    byte[] once = Files.readAllBytes(root.resolve("out/model.safetensors"));
    Asked alone = new Asked();
    alone.models = List.of();
    alone.overwrite = true;
    alone.merge();
    assertThat(Files.readAllBytes(root.resolve("out/model.safetensors"))).isEqualTo(once);
  }

  /** The same weights cut into other files, in another order, are the same base and model. */
  @Test
  void identityIsOfWeightsAndNotOfFiles() throws IOException {
    new Asked().merge();
    Map<String, ModelFolders.Values> turned = new LinkedHashMap<>();
    weights.keySet().stream()
        .sorted(java.util.Comparator.reverseOrder())
        .forEach(name -> turned.put(name, weights.get(name)));
    Asked again = new Asked();
    again.ofBase = ModelFolders.write(root.resolve("turned"), SafetensorsType.BF16, turned);
    again.overwrite = true;
    again.refusedWith("first: is in already", "second: is in already");
  }

  @Test
  void everythingThatIsWrongWithTheFoldersIsToldAtOnce() throws IOException {
    Map<String, ModelFolders.Values> other = new LinkedHashMap<>(ModelFolders.tuned(weights, 4));
    other.remove("model.norm.weight");
    other.put("model.extra.weight", new ModelFolders.Values(List.of(2L), new double[2]));
    other.put(QUERY, new ModelFolders.Values(List.of(4L, 9L), new double[36]));
    Path strange = ModelFolders.write(root.resolve("strange"), SafetensorsType.F32, other);
    Map<String, Object> config = new LinkedHashMap<>(ModelFolders.CONFIG);
    config.put("vocab_size", 9);
    JsonFiles.write(strange.resolve("config.json"), config);
    Files.writeString(base.resolve("tokenizer.json"), "{\"model\": {\"vocab\": {\"a\": 0}}}");
    Files.writeString(strange.resolve("tokenizer.json"), "{\"model\": {\"vocab\": {\"b\": 0}}}");
    byte[] file = Files.readAllBytes(second.resolve("model.safetensors"));
    Files.write(second.resolve("model.safetensors"), Arrays.copyOf(file, file.length - 3));
    Asked asked = new Asked();
    asked.models = List.of(strange, second, root.resolve("nowhere"));
    asked.refusedWith(
        "strange/config.json vocab_size: 9 (expected 7",
        "tokenizer.json: another vocabulary",
        "tensor " + QUERY + ": shape [4, 9] (expected shape [6, 6]",
        "tensor model.norm.weight: missing",
        "tensor model.extra.weight: F32 [2]",
        "is it truncated?",
        "nowhere: no such folder");
  }

  @Test
  void numbersThatAreNotFiniteAreToldWithTheirPlace() throws IOException {
    Map<String, ModelFolders.Values> broken = ModelFolders.tuned(weights, 4);
    broken.get(QUERY).values()[5] = Double.NaN;
    broken.get("model.norm.weight").values()[2] = Double.POSITIVE_INFINITY;
    ModelFolders.write(second, SafetensorsType.F32, broken);
    new Asked()
        .refusedWith(
            "second tensor " + QUERY + ": 1 numbers that are not finite, the first at 5",
            "second tensor model.norm.weight: 1 numbers that are not finite, the first at 2");
  }

  @Test
  void aBaseThatIsNotFiniteIsToldToo() throws IOException {
    Map<String, ModelFolders.Values> broken = ModelFolders.tuned(weights, 4);
    broken.get(QUERY).values()[35] = Double.NEGATIVE_INFINITY;
    ModelFolders.write(base, SafetensorsType.BF16, broken);
    new Asked()
        .refusedWith("base tensor " + QUERY + ": 1 numbers that are not finite, the first at 35");
  }

  /** Of a model in shards: one that is cut short, one that is gone; of another all but weights. */
  @Test
  void shardsThatAreNotWholeAreToldByName() throws IOException {
    Asked cut = new Asked();
    cut.shard = 400;
    cut.out = Optional.of(MergeConfig.OutDtype.FLOAT32);
    cut.merge();
    Path sharded = Files.move(root.resolve("out"), root.resolve("sharded"));
    Path half = sharded.resolve("model-00002-of-00004.safetensors");
    Files.write(half, Arrays.copyOf(Files.readAllBytes(half), 5));
    Files.delete(sharded.resolve("model-00003-of-00004.safetensors"));
    Files.delete(first.resolve("model.safetensors"));
    Files.delete(second.resolve("config.json"));
    Asked asked = new Asked();
    asked.state = "new";
    asked.models = List.of(sharded, first, second);
    asked.refusedWith(
        "model-00002-of-00004.safetensors: 5 bytes (expected a safetensors file",
        "model-00003-of-00004.safetensors: no such file",
        "first: no weights (expected model.safetensors or model.safetensors.index.json",
        "second/config.json");
  }

  @Test
  void theBaseIsNoModel() {
    Asked asked = new Asked();
    asked.models = List.of(first, base);
    asked.refusedWith("base: is the base: every weight is equal");
  }

  @Test
  void aStateOfAnotherBaseMethodOrTypeIsRefused() throws IOException {
    new Asked().merge();
    Asked asked = new Asked();
    asked.overwrite = true;
    asked.models =
        List.of(
            ModelFolders.write(
                root.resolve("third"), SafetensorsType.F32, ModelFolders.tuned(weights, 5)));
    asked.method = Method.AVERAGE;
    asked.dtype = MergePrecision.FLOAT64;
    asked.refusedWith("state.json method: {method=opcm, alpha=0.5}", "state.json dtype: float32");
    asked.method = Method.OPCM;
    asked.dtype = MergePrecision.FLOAT32;
    asked.ofBase =
        ModelFolders.write(
            root.resolve("other-base"), SafetensorsType.BF16, ModelFolders.random(99));
    asked.refusedWith("state: the state of another base");
  }

  @Test
  void aStateOfAnotherArchitectureIsRefused() throws IOException {
    new Asked().merge();
    Map<String, ModelFolders.Values> wider = new LinkedHashMap<>(weights);
    wider.put(
        "model.layers.1.mlp.up_proj.weight", weights.get("model.layers.0.mlp.up_proj.weight"));
    Asked asked = new Asked();
    asked.overwrite = true;
    asked.ofBase = ModelFolders.write(root.resolve("wider"), SafetensorsType.BF16, wider);
    asked.models =
        List.of(
            ModelFolders.write(
                root.resolve("third"), SafetensorsType.F32, ModelFolders.tuned(wider, 5)));
    asked.refusedWith("state.json tensors: 6 tensors of another model (expected the names and");
  }

  @Test
  void aStateThatIsNoStateIsRefused() throws IOException {
    Asked asked = new Asked();
    Files.createDirectory(root.resolve("state"));
    asked.refusedWith("state: has no state.json");
    Files.writeString(root.resolve("state/state.json"), "{\"format\": 7");
    assertThat(asked.refused().toString()).contains("state/state.json");
    Files.delete(root.resolve("state/state.json"));
    Files.delete(root.resolve("state"));
    asked.merge();
    Files.delete(root.resolve("state/tensors/00002.safetensors"));
    Files.write(root.resolve("state/tensors/00004.safetensors"), new byte[3]);
    asked.overwrite = true;
    asked.models = List.of();
    asked.refusedWith(
        "state/tensors/00002.safetensors: no such file (expected ",
        "state/tensors/00004.safetensors: 3 bytes (expected ");
  }

  @Test
  void aDamagedStateIsRefused() throws IOException {
    new Asked().merge();
    Path file = root.resolve("state/tensors/00003.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
    Asked asked = new Asked();
    asked.models = List.of();
    asked.overwrite = true;
    asked.refusedWith("state/tensors/00003.safetensors: has another checksum");
    Files.delete(root.resolve("state/state.json"));
    asked.refusedWith("state: has no state.json");
  }

  @Test
  void anOutputThatExistsIsNotReplacedUnasked() throws IOException {
    Files.createDirectory(root.resolve("out"));
    new Asked().refusedWith("merge.output: " + root.resolve("out") + " exists");
  }

  @Test
  void anOutputAroundWhatIsReadIsRefused() {
    Asked asked = new Asked();
    asked.overwrite = true;
    asked.state = "base/state";
    assertThat(asked.refused().toString())
        .contains("merge.state", "a folder apart from merge.base");
  }

  @Test
  void twoModelsAreAllThatSlerpTakes() throws IOException {
    Asked asked = new Asked();
    asked.method = Method.SLERP;
    asked.merge();
    asked.overwrite = true;
    asked.models =
        List.of(
            ModelFolders.write(
                root.resolve("third"), SafetensorsType.F32, ModelFolders.tuned(weights, 5)));
    asked.refusedWith("merge.models: 3 models, those of the state included (expected at most 2");
  }

  @Test
  void numbersThatTheOutputsTypeCannotHoldAreTold() throws IOException {
    Map<String, ModelFolders.Values> large = ModelFolders.tuned(weights, 4);
    large.get("model.norm.weight").values()[0] = 1e6;
    Asked asked = new Asked();
    asked.models = List.of(ModelFolders.write(root.resolve("large"), SafetensorsType.F32, large));
    asked.out = Optional.of(MergeConfig.OutDtype.FLOAT16);
    asked.refusedWith("merge.out_dtype: F16 cannot hold 1 numbers of model.norm.weight");
  }

  /** A disk that fails in the middle: the state and the output of before are there still. */
  @Test
  void aFailureLeavesWhatWasThere() throws IOException {
    new Asked().merge();
    byte[] output = Files.readAllBytes(root.resolve("out/model.safetensors"));
    byte[] state = Files.readAllBytes(root.resolve("state/state.json"));
    Set<String> before = names();
    Asked asked = new Asked();
    asked.overwrite = true;
    asked.seen = MergeConfig.Seen.REPEAT;
    for (String failing : List.of("check", "fold", "write")) {
      TensorWorkers workers =
          new TensorWorkers() {
            @Override
            public <R extends Serializable> List<R> run(
                String phase, List<? extends TensorTask<R>> tasks) throws IOException {
              List<R> results = new SequentialWorkers(() -> {}).run(phase, tasks);
              if (phase.equals(failing)) {
                throw new IOException("No space left on device");
              }
              return results;
            }
          };
      UncheckedIOException e =
          catchThrowableOfType(
              UncheckedIOException.class,
              () ->
                  new FolderMerge(MergePlan.of(asked.request()), workers, System::nanoTime).run());
      assertThat(e).as(failing).hasMessageContaining("No space left on device");
      assertThat(names()).as(failing).isEqualTo(before);
    }
    assertThat(Files.readAllBytes(root.resolve("out/model.safetensors"))).isEqualTo(output);
    assertThat(Files.readAllBytes(root.resolve("state/state.json"))).isEqualTo(state);
  }

  @Test
  void aTiedHeadInTheFilesIsTheEmbeddingOnceMore() throws IOException {
    Map<String, ModelFolders.Values> tied = new LinkedHashMap<>(ModelFolders.tuned(weights, 2));
    tied.put("lm_head.weight", tied.get("model.embed_tokens.weight"));
    ModelFolders.write(first, SafetensorsType.BF16, tied);
    new Asked().merge();
    assertThat(ModelFolders.read(root.resolve("out")).keySet()).isEqualTo(weights.keySet());
  }

  @Test
  void theReportCountsWhatIsThere() {
    MergeReport report = new Asked().merge();
    assertThat(report.cosines()[0][0]).isEqualTo(1.0);
    assertThat(Math.abs(report.cosines()[0][1])).isLessThan(0.5);
    double squares = 0;
    for (MergeReport.Tensor tensor : report.tensors()) {
      squares += tensor.folds().get(1).norm() * tensor.folds().get(1).norm();
      boolean projected = tensor.name().contains("proj");
      assertThat(tensor.projected()).isEqualTo(projected);
      assertThat(tensor.folds().get(0).removed()).isZero();
      assertThat(tensor.folds().get(1).removed() > 0).isEqualTo(projected);
    }
    assertThat(Math.sqrt(squares) / report.models().get(1).norm()).isBetween(1 - 1e-12, 1 + 1e-12);
  }
}
