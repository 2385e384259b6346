package dev.annulus.trainer.huggingface;

import dev.annulus.device.DataType;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.ParameterSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which tensor goes into which file: in order, a new file where the next tensor would make one too
 * large.
 *
 * @param shards file names and their tensors
 * @param totalBytes of all tensors
 */
record ShardPlan(Map<String, List<ParameterSpec>> shards, long totalBytes) {
  /** What transformers writes at most into one file. */
  static final long MAX_SHARD_BYTES = 5_000_000_000L;

  static ShardPlan of(ParameterLayout layout, long maxShardBytes) {
    List<List<ParameterSpec>> groups = new ArrayList<>();
    long inShard = 0;
    long total = 0;
    for (ParameterSpec spec : layout.specs()) {
      long bytes = spec.size() * DataType.FLOAT32.bytes();
      if (groups.isEmpty() || inShard + bytes > maxShardBytes) {
        groups.add(new ArrayList<>());
        inShard = 0;
      }
      groups.getLast().add(spec);
      inShard += bytes;
      total += bytes;
    }
    Map<String, List<ParameterSpec>> shards = new LinkedHashMap<>();
    for (int i = 0; i < groups.size(); i++) {
      String name =
          groups.size() == 1
              ? WeightFiles.SINGLE
              : "model-%05d-of-%05d.safetensors".formatted(i + 1, groups.size());
      shards.put(name, groups.get(i));
    }
    return new ShardPlan(shards, total);
  }

  boolean needsIndex() {
    return shards.size() > 1;
  }

  /** What {@code model.safetensors.index.json} says. */
  Map<String, Object> index() {
    Map<String, String> weightMap = new LinkedHashMap<>();
    shards.forEach((file, specs) -> specs.forEach(spec -> weightMap.put(spec.name(), file)));
    Map<String, Object> index = new LinkedHashMap<>();
    index.put("metadata", Map.of("total_size", totalBytes));
    index.put("weight_map", weightMap);
    return index;
  }
}
