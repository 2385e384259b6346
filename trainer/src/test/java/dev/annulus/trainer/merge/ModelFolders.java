package dev.annulus.trainer.merge;

import dev.annulus.config.MergeConfig;
import dev.annulus.config.MergeMethodSettings;
import dev.annulus.config.MergePrecision;
import dev.annulus.trainer.huggingface.JsonFiles;
import dev.annulus.trainer.huggingface.SafetensorsLayout;
import dev.annulus.trainer.huggingface.SafetensorsType;
import dev.annulus.trainer.huggingface.WeightFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/** Small model folders, and merges of them. */
final class ModelFolders {
  static final Map<String, Object> CONFIG =
      Map.of("model_type", "llama", "vocab_size", 7, "tie_word_embeddings", true);

  private ModelFolders() {}

  /** A tensor in a test. */
  record Values(List<Long> shape, double[] values) {}

  static Path write(Path folder, SafetensorsType type, Map<String, Values> tensors)
      throws IOException {
    Files.createDirectories(folder);
    JsonFiles.write(folder.resolve("config.json"), CONFIG);
    List<SafetensorsLayout.Field> fields = new ArrayList<>();
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    for (Map.Entry<String, Values> entry : tensors.entrySet()) {
      fields.add(new SafetensorsLayout.Field(entry.getKey(), type, entry.getValue().shape()));
      ByteBuffer bytes =
          ByteBuffer.allocate(entry.getValue().values().length * type.bytes())
              .order(ByteOrder.LITTLE_ENDIAN);
      for (double value : entry.getValue().values()) {
        NumberFormat.put(value, type, bytes);
      }
      data.writeBytes(bytes.array());
    }
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(SafetensorsLayout.of(fields).header());
    file.writeBytes(data.toByteArray());
    Files.write(folder.resolve(WeightFiles.SINGLE), file.toByteArray());
    return folder;
  }

  /** Random weights in a few shapes: linear maps tall and wide, an embedding, a norm. */
  static Map<String, Values> random(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, Values> tensors = new LinkedHashMap<>();
    tensors.put("model.embed_tokens.weight", values(random, 7, 6));
    tensors.put("model.layers.0.self_attn.q_proj.weight", values(random, 6, 6));
    tensors.put("model.layers.0.self_attn.k_proj.weight", values(random, 3, 6));
    tensors.put("model.layers.0.mlp.up_proj.weight", values(random, 11, 6));
    tensors.put("model.layers.0.mlp.down_proj.weight", values(random, 6, 11));
    tensors.put("model.norm.weight", values(random, 6));
    return tensors;
  }

  /** The base with random changes, a hundredth of its size, in every weight. */
  static Map<String, Values> tuned(Map<String, Values> base, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, Values> tensors = new LinkedHashMap<>();
    base.forEach(
        (name, values) -> {
          double[] changed = values.values().clone();
          for (int i = 0; i < changed.length; i++) {
            changed[i] += 0.01 * random.nextGaussian();
          }
          tensors.put(name, new Values(values.shape(), changed));
        });
    return tensors;
  }

  private static Values values(SplittableRandom random, long... shape) {
    long size = 1;
    List<Long> dimensions = new ArrayList<>();
    for (long dimension : shape) {
      size *= dimension;
      dimensions.add(dimension);
    }
    return new Values(dimensions, ArrayElements.random(random, (int) size).values());
  }

  static Map<String, double[]> read(Path folder) {
    Map<String, double[]> values = new LinkedHashMap<>();
    try (WeightFiles files = WeightFiles.open(folder)) {
      for (String name : files.tensors().keySet()) {
        values.put(name, ArrayElements.of(StoredElements.of(files, name)));
      }
    }
    return values;
  }

  static MergeRequest request(
      MergeMethodSettings method,
      MergePrecision precision,
      Path base,
      Path output,
      Path... models) {
    return new MergeRequest(
        method,
        precision,
        base,
        java.util.Arrays.stream(models)
            .map(model -> MergeModel.of(model.toString(), base.toString()))
            .toList(),
        Optional.empty(),
        Optional.empty(),
        output,
        Optional.of(MergeConfig.OutDtype.FLOAT64),
        MergeConfig.Seen.REFUSE,
        false,
        5_000_000_000L,
        "merge: {}\n");
  }

  static MergeRequest with(MergeRequest request, Path state) {
    return new MergeRequest(
        request.method(),
        request.dtype(),
        request.base(),
        request.models(),
        Optional.of(state).filter(Files::exists),
        Optional.of(state),
        request.output(),
        request.outDtype(),
        request.seen(),
        request.overwrite(),
        request.maxShardBytes(),
        request.configYaml());
  }

  static MergeReport merge(MergeRequest request) {
    return new FolderMerge(MergePlan.of(request), new SequentialWorkers(() -> {}), System::nanoTime)
        .run();
  }
}
