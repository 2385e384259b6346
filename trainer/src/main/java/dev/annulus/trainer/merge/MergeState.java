package dev.annulus.trainer.merge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.annulus.config.InvalidInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * {@code state.json}: what a merge goes on from, but for the running tensors beside it. Written
 * last, so its presence says that they are there.
 *
 * @param format of the layout; this is 1
 * @param method name and parameters, as YAML has them
 * @param dtype of the running tensors
 * @param baseSha256 of the base's weights
 * @param models folded in, in order
 * @param vectorNorm of the merged task vector, before scaling
 * @param tensors of the models, by name
 */
record MergeState(
    int format,
    java.util.Map<String, Object> method,
    String dtype,
    String base,
    String baseSha256,
    List<Model> models,
    double vectorNorm,
    List<Tensor> tensors) {
  static final String FILE_NAME = "state.json";

  /** The layout that this code writes and reads. */
  static final int FORMAT = 1;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .build();

  MergeState {
    models = List.copyOf(models);
    tensors = List.copyOf(tensors);
  }

  /**
   * A model that is in.
   *
   * @param sha256 of its weights
   * @param norm of its task vector
   */
  record Model(String name, String sha256, double norm) {}

  /**
   * The running tensors of a weight.
   *
   * @param file below the state's folder
   * @param sha256 of the file
   */
  record Tensor(String name, List<Long> shape, String file, long bytes, String sha256) {
    Tensor {
      shape = List.copyOf(shape);
    }
  }

  /** Mean of the norms of the task vectors, in the order in which they came. */
  double meanNorm() {
    double sum = 0;
    for (Model model : models) {
      sum += model.norm();
    }
    return models.isEmpty() ? 0 : sum / models.size();
  }

  MergeTotals totals() {
    return new MergeTotals(models.size(), meanNorm(), vectorNorm);
  }

  /**
   * Reads a state's description.
   *
   * @throws InvalidInputException if there is none, or it is not of this format
   */
  static MergeState read(Path folder) {
    Path file = folder.resolve(FILE_NAME);
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(
          folder.toString(), "has no " + FILE_NAME, "the state of a merge, or no such folder yet");
    }
    MergeState state;
    try {
      state = JSON.readValue(Files.readAllBytes(file), MergeState.class);
    } catch (IOException e) {
      throw new InvalidInputException(file.toString(), "not readable", "the state of a merge", e);
    }
    if (state == null || state.format() != FORMAT) {
      throw new InvalidInputException(
          file.toString(),
          state == null ? "null" : "format " + state.format(),
          "format " + FORMAT + ", written by this version");
    }
    return state;
  }

  void write(Path folder) throws IOException {
    try {
      Files.write(
          folder.resolve(FILE_NAME),
          (JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n")
              .getBytes(StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of numbers and texts is JSON", e);
    }
  }
}
