package dev.annulus.trainer.train;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.annulus.trainer.checkpoint.CheckpointException;
import dev.annulus.trainer.huggingface.DurableFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * What is known about a step that was stopped: its rows, and the norm of each weight and gradient,
 * which shows where a value that is not finite came from.
 */
record Evidence(long step, String stage, int[] rows, double loss, double norm) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** The file that it is written to. */
  Path file(Path outputDir) {
    return outputDir.resolve("evidence-step-" + step + ".json");
  }

  /** Writes it; numbers that are not finite stand there as texts, as JSON has none. */
  void write(
      Path outputDir, Map<String, Double> weightNorms, Map<String, Double> gradientNorms) {
    ObjectNode root = JSON.createObjectNode();
    root.put("step", step);
    root.put("stage", stage);
    put(root, "loss", loss);
    put(root, "grad_norm", norm);
    for (int row : rows) {
      root.withArray("rows").add(row);
    }
    ObjectNode ofGradients = root.putObject("gradient_norms");
    gradientNorms.forEach((name, value) -> put(ofGradients, name, value));
    ObjectNode ofWeights = root.putObject("weight_norms");
    weightNorms.forEach((name, value) -> put(ofWeights, name, value));
    Path file = file(outputDir);
    try {
      DurableFiles.write(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root));
    } catch (IOException e) {
      throw new CheckpointException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  private static void put(ObjectNode node, String key, double value) {
    if (Double.isFinite(value)) {
      node.put(key, value);
    } else {
      node.put(key, Double.toString(value));
    }
  }
}
