package dev.annulus.trainer.merge;

import dev.annulus.trainer.huggingface.JsonFiles;
import dev.annulus.trainer.huggingface.SafetensorsLayout;
import dev.annulus.trainer.huggingface.SafetensorsType;
import dev.annulus.trainer.huggingface.WeightFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The folder of merged weights, as transformers loads it: shards that are made with their headers
 * and full length first, so that anybody can write any tensor, then everything beside them.
 */
final class OutputFolder {
  /** What belongs to the tokeniser or to generation, and so to the base. */
  private static final List<String> COPIED =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "tokenizer.model",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt",
          "generation_config.json");

  private final MergePlan plan;
  private final Path folder;

  OutputFolder(MergePlan plan, Path folder) {
    this.plan = plan;
    this.folder = folder;
  }

  /** Makes the shards and says what is to be written into them. */
  List<WriteTask> tasks(MergeState state, Path stateFolder, double scale) throws IOException {
    WriteTask[] tasks = new WriteTask[plan.tensors().size()];
    List<List<Integer>> shards = shards();
    Map<String, String> weightMap = new LinkedHashMap<>();
    long total = 0;
    for (int s = 0; s < shards.size(); s++) {
      String name =
          shards.size() == 1
              ? WeightFiles.SINGLE
              : "model-%05d-of-%05d.safetensors".formatted(s + 1, shards.size());
      Path file = folder.resolve(name);
      SafetensorsLayout layout =
          SafetensorsLayout.of(shards.get(s).stream().map(this::field).toList());
      create(file, layout);
      for (int i : shards.get(s)) {
        MergeTensor tensor = plan.tensors().get(i);
        weightMap.put(tensor.name(), name);
        total += field(i).bytes();
        tasks[i] =
            new WriteTask(
                tensor,
                plan.request().method(),
                scale,
                plan.request().base().toString(),
                stateFolder.resolve(state.tensors().get(i).file()).toString(),
                file.toString(),
                layout.position(tensor.name()),
                plan.types().get(i));
      }
    }
    if (shards.size() > 1) {
      Map<String, Object> index = new LinkedHashMap<>();
      index.put("metadata", Map.of("total_size", total));
      index.put("weight_map", weightMap);
      JsonFiles.write(folder.resolve(WeightFiles.INDEX), index);
    }
    return Arrays.asList(tasks);
  }

  /** Writes everything but the weights. */
  void finish(MergeReport report) throws IOException {
    JsonFiles.write(folder.resolve("config.json"), config());
    try (Stream<Path> files = Files.list(plan.request().base())) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String name = file.getFileName().toString();
        if (Files.isRegularFile(file)
            && (COPIED.contains(name) || name.startsWith("chat_template"))) {
          Files.copy(file, folder.resolve(name));
        }
      }
    }
    text("merge_config.yaml", plan.request().configYaml());
    JsonFiles.write(folder.resolve("merge_report.json"), report.toJson());
    text("merge_report.md", ReportTable.of(report));
    text("README.md", ModelCard.of(plan.request(), report));
  }

  /** The base's, but for the type of the weights. */
  private Map<String, Object> config() {
    Map<String, Object> config = new LinkedHashMap<>(plan.baseConfig());
    List<SafetensorsType> types = plan.types().stream().distinct().toList();
    if (types.size() == 1) {
      String dtype =
          switch (types.getFirst()) {
            case F64 -> "float64";
            case F32 -> "float32";
            case F16 -> "float16";
            default -> "bfloat16";
          };
      // Newer versions of transformers say dtype, older ones torch_dtype.
      config.put(config.containsKey("dtype") ? "dtype" : "torch_dtype", dtype);
    }
    return config;
  }

  private SafetensorsLayout.Field field(int tensor) {
    return new SafetensorsLayout.Field(
        plan.tensors().get(tensor).name(),
        plan.types().get(tensor),
        plan.tensors().get(tensor).shape());
  }

  private List<List<Integer>> shards() {
    List<List<Integer>> shards = new ArrayList<>();
    long inShard = 0;
    for (int i = 0; i < plan.tensors().size(); i++) {
      long bytes = field(i).bytes();
      if (shards.isEmpty() || inShard + bytes > plan.request().maxShardBytes()) {
        shards.add(new ArrayList<>());
        inShard = 0;
      }
      shards.getLast().add(i);
      inShard += bytes;
    }
    return shards;
  }

  private static void create(Path file, SafetensorsLayout layout) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      StateFile.writeFully(channel, ByteBuffer.wrap(layout.header()));
      if (layout.fileBytes() > layout.header().length) {
        // The last byte gives the file its length.
        channel.write(ByteBuffer.allocate(1), layout.fileBytes() - 1);
      }
    }
  }

  private void text(String name, String content) throws IOException {
    Files.write(folder.resolve(name), content.getBytes(StandardCharsets.UTF_8));
  }
}
