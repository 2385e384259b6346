package dev.annulus.trainer.merge;

import dev.annulus.trainer.huggingface.HuggingFaceModel;
import dev.annulus.trainer.huggingface.JsonFiles;
import dev.annulus.trainer.huggingface.StoredTensor;
import dev.annulus.trainer.huggingface.WeightFiles;
import dev.annulus.trainer.model.ParameterNames;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a model folder says without its values being read.
 *
 * @param config the keys of {@code config.json}
 * @param tensors the weights, in the order of the files: without buffers that are computed, and
 *     without the head of a model whose head is the embedding table
 * @param bytes of the weights
 */
record ModelFolder(Path path, Map<String, Object> config, Map<String, StoredTensor> tensors) {
  ModelFolder {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /**
   * Reads the headers.
   *
   * @throws dev.annulus.config.InvalidInputException with everything that is wrong with the folder
   */
  static ModelFolder read(Path path) {
    if (!java.nio.file.Files.isDirectory(path)) {
      throw new dev.annulus.config.InvalidInputException(
          path.toString(), "no such folder", "a Hugging Face model folder");
    }
    Map<String, Object> config = JsonFiles.read(path.resolve("config.json"));
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    try (WeightFiles files = WeightFiles.open(path)) {
      files
          .tensors()
          .forEach(
              (name, located) -> {
                boolean tiedHead =
                    name.equals(ParameterNames.HEAD)
                        && Boolean.TRUE.equals(config.get("tie_word_embeddings"));
                if (!tiedHead && !HuggingFaceModel.isKnownBuffer(name)) {
                  tensors.put(name, located.tensor());
                }
              });
    }
    return new ModelFolder(path, config, tensors);
  }

  long bytes() {
    return tensors.values().stream().mapToLong(tensor -> tensor.end() - tensor.begin()).sum();
  }
}
