package dev.annulus.trainer.huggingface;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * The weights of a folder, open: one file {@code model.safetensors}, or the shards that {@code
 * model.safetensors.index.json} names.
 */
public final class WeightFiles implements AutoCloseable {
  public static final String SINGLE = "model.safetensors";
  public static final String INDEX = "model.safetensors.index.json";

  /** Where a tensor lies. */
  public record Located(Path path, SafetensorsFile file, StoredTensor tensor) {}

  private final List<SafetensorsFile> open = new ArrayList<>();
  private final Map<String, Located> tensors = new LinkedHashMap<>();

  private WeightFiles() {}

  /**
   * Maps the files of a folder; close it to let them go.
   *
   * @throws InvalidInputException with everything that is wrong with them
   */
  public static WeightFiles open(Path folder) {
    WeightFiles files = new WeightFiles();
    try {
      if (Files.isRegularFile(folder.resolve(SINGLE))) {
        files.add(folder.resolve(SINGLE));
      } else if (Files.isRegularFile(folder.resolve(INDEX))) {
        files.addShards(folder);
      } else {
        throw new InvalidInputException(
            folder.toString(), "no weights", SINGLE + " or " + INDEX + " with its shards");
      }
      return files;
    } catch (RuntimeException e) {
      files.close();
      throw e;
    }
  }

  /** All tensors by name. */
  public Map<String, Located> tensors() {
    return tensors;
  }

  private void add(Path path) {
    SafetensorsFile file = SafetensorsFile.open(path);
    open.add(file);
    file.tensors().forEach((name, tensor) -> tensors.put(name, new Located(path, file, tensor)));
  }

  private void addShards(Path folder) {
    Path index = folder.resolve(INDEX);
    Object map = JsonFiles.read(index).get("weight_map");
    if (!(map instanceof Map<?, ?> weightMap) || weightMap.isEmpty()) {
      throw new InvalidInputException(
          index + " weight_map", String.valueOf(map), "an object of tensor names and files");
    }
    List<Problem> problems = new ArrayList<>();
    for (Object shard : new LinkedHashSet<>(weightMap.values())) {
      String name = String.valueOf(shard);
      if (!name.endsWith(".safetensors") || name.contains("/") || name.contains("\\")) {
        problems.add(
            new Problem(index + " weight_map", name, "the name of a .safetensors file beside it"));
        continue;
      }
      try {
        add(folder.resolve(name));
      } catch (InvalidInputException e) {
        problems.addAll(e.problems());
      }
    }
    if (problems.isEmpty()) {
      weightMap.forEach((name, shard) -> checkPlace(index, name, shard, problems));
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
  }

  private void checkPlace(Path index, Object name, Object shard, List<Problem> problems) {
    Located located = tensors.get(String.valueOf(name));
    if (located == null || !located.path().getFileName().toString().equals(shard)) {
      problems.add(
          new Problem(
              index + " weight_map " + name, String.valueOf(shard), "a file that holds it"));
    }
  }

  @Override
  public void close() {
    open.forEach(SafetensorsFile::close);
  }
}
