package dev.annulus.trainer.huggingface;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.device.Device;
import dev.annulus.device.Tensor;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ParameterNames;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A Llama as a Hugging Face folder. */
public final class HuggingFaceModel {
  /** Elements that go to the device at a time. */
  private static final int CHUNK = 1 << 20;

  private HuggingFaceModel() {}

  /**
   * Reads {@code config.json}.
   *
   * @throws InvalidInputException with everything that is wrong
   */
  public static LlamaConfig readConfig(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new InvalidInputException(
          folder.toString(), "no such folder", "a Hugging Face model folder");
    }
    Path file = folder.resolve("config.json");
    return LlamaConfig.fromJson(JsonFiles.read(file), file.toString());
  }

  /**
   * Reads {@code config.json} and holds the tensors of the folder against it, without reading their
   * values.
   *
   * @throws InvalidInputException with everything that is wrong with the one, or with the other
   */
  public static LlamaConfig check(Path folder) {
    LlamaConfig config = readConfig(folder);
    try (WeightFiles files = WeightFiles.open(folder)) {
      requireFit(folder, config, files);
    }
    return config;
  }

  private static void requireFit(Path folder, LlamaConfig config, WeightFiles files) {
    List<Problem> problems = new WeightCheck(folder, config).problems(files);
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
  }

  /**
   * Reads the weights, fp64, fp32, fp16 or bf16 on disk.
   *
   * @param into a layout of this configuration, or a subset of it
   * @throws InvalidInputException with every tensor that is missing, unknown, or of another shape
   *     or type
   */
  public static void readWeights(Path folder, LlamaConfig config, Parameters into, Device device) {
    try (WeightFiles files = WeightFiles.open(folder)) {
      requireFit(folder, config, files);
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment host = arena.allocate(4L * CHUNK, 64);
        for (ParameterSpec spec : into.layout().specs()) {
          upload(files.tensors().get(spec.name()), into.get(spec), host, device);
        }
      }
    }
  }

  private static void upload(
      WeightFiles.Located located, Tensor tensor, MemorySegment host, Device device) {
    Tensor column = tensor.reshape(tensor.size(), 1);
    for (long start = 0; start < tensor.size(); start += CHUNK) {
      int count = (int) Math.min(CHUNK, tensor.size() - start);
      located.file().toFloats(located.tensor(), start, count, host);
      device.upload(host.asSlice(0, 4L * count), column.rows(start, start + count));
    }
  }

  /** Writes the folder with nothing beside the model in it. */
  public static void write(Path folder, LlamaConfig config, Parameters weights, Device device) {
    write(folder, config, weights, device, aside -> {});
  }

  /**
   * Writes a folder, in place of one that may be there: {@code config.json}, {@code
   * generation_config.json} and fp32 weights, in shards if they exceed 5 GB. It is whole or it is
   * not there.
   *
   * @param weights all of the model
   * @param more writes what else belongs in the folder, such as a tokeniser, into the folder given
   */
  public static void write(
      Path folder,
      LlamaConfig config,
      Parameters weights,
      Device device,
      DurableFiles.Filling more) {
    write(folder, config, weights, device, more, ShardPlan.MAX_SHARD_BYTES);
  }

  static void write(
      Path folder,
      LlamaConfig config,
      Parameters weights,
      Device device,
      DurableFiles.Filling more,
      long maxShardBytes) {
    try {
      DurableFiles.writeFolder(
          folder,
          aside -> {
            more.fill(aside);
            ShardPlan plan = ShardPlan.of(weights.layout(), 1, maxShardBytes);
            for (Map.Entry<String, byte[]> file : smallFiles(config, plan).entrySet()) {
              DurableFiles.write(aside.resolve(file.getKey()), file.getValue());
            }
            writeWeights(aside, weights, device, plan);
          });
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + folder + ": " + e.getMessage(), e);
    }
  }

  /** The files of a folder beside the weights, by name: configuration, and the index of shards. */
  public static Map<String, byte[]> smallFiles(LlamaConfig config, ShardPlan plan) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("config.json", JsonFiles.toBytes(config.toJson()));
    files.put("generation_config.json", JsonFiles.toBytes(generationConfig(config)));
    if (plan.needsIndex()) {
      files.put(WeightFiles.INDEX, JsonFiles.toBytes(plan.index()));
    }
    return files;
  }

  private static void writeWeights(Path folder, Parameters weights, Device device, ShardPlan plan)
      throws IOException {
    for (Map.Entry<String, List<ParameterSpec>> shard : plan.shards().entrySet()) {
      List<SafetensorsWriter.Entry> entries = new ArrayList<>();
      for (ParameterSpec spec : shard.getValue()) {
        entries.add(new SafetensorsWriter.Entry(spec.name(), spec.shape(), weights.get(spec)));
      }
      SafetensorsWriter.write(folder.resolve(shard.getKey()), entries, device);
    }
  }

  private static Map<String, Object> generationConfig(LlamaConfig config) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("_from_model_config", true);
    Map<String, Object> model = config.toJson();
    for (String key : List.of("bos_token_id", "eos_token_id", "pad_token_id")) {
      if (model.get(key) != null) {
        json.put(key, model.get(key));
      }
    }
    return json;
  }

  /** Names that other versions store beside the weights and that are computed here. */
  public static boolean isKnownBuffer(String name) {
    return name.endsWith("rotary_emb.inv_freq");
  }

  /** A tied model may carry its head, which is then the embedding table once more. */
  static boolean isTiedHead(LlamaConfig config, String name) {
    return config.tieWordEmbeddings() && name.equals(ParameterNames.HEAD);
  }
}
