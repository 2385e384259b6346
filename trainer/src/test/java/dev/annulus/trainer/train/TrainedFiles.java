package dev.annulus.trainer.train;

import dev.annulus.trainer.huggingface.SafetensorsFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Tensors of safetensors files, for comparisons in tests. */
final class TrainedFiles {
  private TrainedFiles() {}

  /** All tensors by name. */
  static Map<String, float[]> tensors(Path path) {
    Map<String, float[]> tensors = new TreeMap<>();
    try (SafetensorsFile file = SafetensorsFile.open(path);
        Arena arena = Arena.ofConfined()) {
      file.tensors()
          .forEach(
              (name, stored) -> {
                int count = (int) stored.size();
                MemorySegment host = arena.allocate(4L * count, 4);
                file.toFloats(stored, 0, count, host);
                tensors.put(name, host.toArray(ValueLayout.JAVA_FLOAT));
              });
    }
    return tensors;
  }

  /** Weights of a Hugging Face folder, in one file or in shards. */
  static Map<String, float[]> weights(Path folder) {
    Map<String, float[]> weights = new TreeMap<>();
    files(folder, "model").forEach(file -> weights.putAll(tensors(file)));
    return weights;
  }

  /** One of a checkpoint's moments; pieces of a tensor one behind the other. */
  static Map<String, float[]> moments(Path checkpoint, String moment) {
    Map<String, TreeMap<Integer, float[]>> pieces = new TreeMap<>();
    for (Path file : files(checkpoint.resolve("optimizer"), moment)) {
      tensors(file)
          .forEach(
              (name, values) -> {
                String[] cut = name.split("[\\[:]", -1);
                int from = cut.length == 1 ? 0 : Integer.parseInt(cut[1]);
                pieces.computeIfAbsent(cut[0], key -> new TreeMap<>()).put(from, values);
              });
    }
    Map<String, float[]> moments = new TreeMap<>();
    pieces.forEach(
        (name, parts) -> {
          float[] whole = new float[parts.values().stream().mapToInt(part -> part.length).sum()];
          parts.forEach((from, part) -> System.arraycopy(part, 0, whole, from, part.length));
          moments.put(name, whole);
        });
    return moments;
  }

  /** NAME.safetensors, or NAME-00001-of-00004.safetensors and so on. */
  static List<Path> files(Path folder, String name) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(
              entry ->
                  entry
                      .getFileName()
                      .toString()
                      .matches(name + "(-\\d{5}-of-\\d{5})?\\.safetensors"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** L2 norm of a - b over all tensors. */
  static double distance(Map<String, float[]> a, Map<String, float[]> b) {
    double sum = 0;
    for (String name : a.keySet()) {
      for (int i = 0; i < a.get(name).length; i++) {
        double difference = (double) a.get(name)[i] - b.get(name)[i];
        sum += difference * difference;
      }
    }
    return Math.sqrt(sum);
  }
}
