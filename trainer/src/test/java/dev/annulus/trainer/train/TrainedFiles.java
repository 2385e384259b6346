package dev.annulus.trainer.train;

import dev.annulus.trainer.huggingface.SafetensorsFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

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

  /** Weights of a Hugging Face folder in one file. */
  static Map<String, float[]> weights(Path folder) {
    return tensors(folder.resolve("model.safetensors"));
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
