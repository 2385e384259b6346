package dev.annulus.trainer.huggingface;

import dev.annulus.device.DataType;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.ParameterSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which tensor goes into which file, and who writes it: in order, as many bytes for each writer as
 * whole tensors allow, a new file where the next tensor would make one too large.
 *
 * @param shards file names and their tensors
 * @param writers by file name, from 0
 * @param totalBytes of all tensors
 */
public record ShardPlan(
    Map<String, List<ParameterSpec>> shards, Map<String, Integer> writers, long totalBytes) {
  /** What transformers writes at most into one file. */
  static final long MAX_SHARD_BYTES = 5_000_000_000L;

  /** For so many writers. */
  public static ShardPlan of(ParameterLayout layout, int writers) {
    return of(layout, writers, MAX_SHARD_BYTES);
  }

  static ShardPlan of(ParameterLayout layout, int writers, long maxShardBytes) {
    long total = layout.parameters() * DataType.FLOAT32.bytes();
    List<List<ParameterSpec>> groups = new ArrayList<>();
    List<Integer> owners = new ArrayList<>();
    long inShard = 0;
    long before = 0;
    for (ParameterSpec spec : layout.specs()) {
      long bytes = spec.size() * DataType.FLOAT32.bytes();
      // Whose share the middle of the tensor lies in.
      int writer = (int) Math.min(writers - 1, (before + bytes / 2) * (double) writers / total);
      if (groups.isEmpty() || inShard + bytes > maxShardBytes || owners.getLast() != writer) {
        groups.add(new ArrayList<>());
        owners.add(writer);
        inShard = 0;
      }
      groups.getLast().add(spec);
      inShard += bytes;
      before += bytes;
    }
    Map<String, List<ParameterSpec>> shards = new LinkedHashMap<>();
    Map<String, Integer> writerOf = new LinkedHashMap<>();
    for (int i = 0; i < groups.size(); i++) {
      String name =
          groups.size() == 1
              ? WeightFiles.SINGLE
              : "model-%05d-of-%05d.safetensors".formatted(i + 1, groups.size());
      shards.put(name, groups.get(i));
      writerOf.put(name, owners.get(i));
    }
    return new ShardPlan(shards, writerOf, total);
  }

  /** The files of one writer. */
  public Map<String, List<ParameterSpec>> of(int writer) {
    Map<String, List<ParameterSpec>> own = new LinkedHashMap<>();
    shards.forEach(
        (name, specs) -> {
          if (writers.get(name) == writer) {
            own.put(name, specs);
          }
        });
    return own;
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
