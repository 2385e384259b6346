package dev.annulus.trainer.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.annulus.trainer.huggingface.SafetensorsFile;
import dev.annulus.trainer.huggingface.StoredTensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.StreamSupport;

/**
 * What transformers makes of a tiny model, written by {@code make_parity_fixtures.py}.
 *
 * @param folder a Hugging Face folder with the fixtures in it
 * @param report {@code parity.json}
 */
public record Parity(Path folder, JsonNode report) {

  /** The fixture {@code mha} (untied) or {@code gqa} (tied). */
  public static Parity load(String model) {
    URL resource = Objects.requireNonNull(Parity.class.getResource("/parity/" + model), model);
    try {
      Path folder = Path.of(resource.toURI());
      return new Parity(
          folder,
          JsonMapper.builder().build().readTree(Files.readAllBytes(folder.resolve("parity.json"))));
    } catch (IOException | URISyntaxException e) {
      throw new IllegalStateException("fixture " + resource, e);
    }
  }

  /** The documents that losses and gradients are over. */
  public List<int[]> documents() {
    List<int[]> documents = new ArrayList<>();
    report.get("documents").forEach(ids -> documents.add(ints(ids)));
    return documents;
  }

  /** A list of integers. */
  public static int[] ints(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }

  /** A list of numbers. */
  public static double[] doubles(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false)
        .mapToDouble(JsonNode::asDouble)
        .toArray();
  }

  /** Lists of numbers, one behind the other. */
  public static double[] flat(JsonNode lists) {
    return StreamSupport.stream(lists.spliterator(), false)
        .flatMapToDouble(list -> java.util.Arrays.stream(doubles(list)))
        .toArray();
  }

  /** All tensors of a file beside the model. */
  public Map<String, double[]> tensors(String file) {
    Map<String, double[]> tensors = new LinkedHashMap<>();
    try (SafetensorsFile stored = SafetensorsFile.open(folder.resolve(file));
        Arena arena = Arena.ofConfined()) {
      for (StoredTensor tensor : stored.tensors().values()) {
        int size = (int) tensor.size();
        MemorySegment floats = arena.allocate(4L * size, 64);
        stored.toFloats(tensor, 0, size, floats);
        double[] values = new double[size];
        for (int i = 0; i < size; i++) {
          values[i] = floats.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        }
        tensors.put(tensor.name(), values);
      }
    }
    return tensors;
  }
}
