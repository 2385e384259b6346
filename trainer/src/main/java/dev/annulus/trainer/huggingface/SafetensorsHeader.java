package dev.annulus.trainer.huggingface;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.data.json.JsonMessage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The JSON in front of the data of a safetensors file, checked against the file: every tensor has a
 * known type, its bytes are exactly those of its shape, and the tensors cover the data without gap
 * or overlap, so that no byte is unaccounted for.
 *
 * @param tensors ascending by their place in the file
 * @param metadata free text
 */
record SafetensorsHeader(List<StoredTensor> tensors, Map<String, String> metadata) {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();
  private static final String METADATA = "__metadata__";

  /**
   * Reads the header.
   *
   * @param file named in problems
   * @param dataBytes bytes of the file behind the header
   */
  static SafetensorsHeader parse(String file, byte[] json, long dataBytes) {
    JsonNode root = readTree(file, json);
    List<Problem> problems = new ArrayList<>();
    List<StoredTensor> tensors = new ArrayList<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : root.properties()) {
      if (entry.getKey().equals(METADATA)) {
        entry.getValue().properties().forEach(e -> metadata.put(e.getKey(), e.getValue().asText()));
      } else {
        tensor(file, entry.getKey(), entry.getValue(), problems).ifPresent(tensors::add);
      }
    }
    tensors.sort(
        Comparator.comparingLong(StoredTensor::begin)
            .thenComparingLong(StoredTensor::end)
            .thenComparing(StoredTensor::name));
    if (problems.isEmpty()) {
      checkCover(file, tensors, dataBytes, problems);
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return new SafetensorsHeader(List.copyOf(tensors), Map.copyOf(metadata));
  }

  private static JsonNode readTree(String file, byte[] json) {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (java.io.IOException e) {
      String detail =
          e instanceof JsonProcessingException parse ? JsonMessage.of(parse) : e.getMessage();
      throw new InvalidInputException(file + " header", detail, "a JSON object", e);
    }
    if (root == null || !root.isObject()) {
      throw new InvalidInputException(file + " header", "no JSON object", "a JSON object");
    }
    return root;
  }

  private static Optional<StoredTensor> tensor(
      String file, String name, JsonNode entry, List<Problem> problems) {
    int before = problems.size();
    String place = file + " tensor " + name;
    Optional<SafetensorsType> type = SafetensorsType.named(entry.path("dtype").asText());
    if (type.isEmpty()) {
      problems.add(
          new Problem(place + " dtype", shown(entry.path("dtype")), "a type of safetensors"));
    }
    List<Long> shape = naturals(entry.path("shape"));
    if (shape == null) {
      problems.add(
          new Problem(place + " shape", shown(entry.path("shape")), "a list of sizes from 0"));
    }
    List<Long> offsets = naturals(entry.path("data_offsets"));
    if (offsets == null || offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
      problems.add(
          new Problem(
              place + " data_offsets", shown(entry.path("data_offsets")), "[begin, end] in bytes"));
    }
    if (problems.size() > before || type.isEmpty() || offsets == null) {
      return Optional.empty();
    }
    long held = offsets.get(1) - offsets.get(0);
    OptionalLong needed = bytes(shape, type.get());
    if (needed.isEmpty() || needed.getAsLong() != held) {
      problems.add(
          new Problem(
              place,
              held + " bytes",
              (needed.isPresent() ? needed.getAsLong() + " bytes for " : "a possible size, not ")
                  + type.get()
                  + " "
                  + shape));
      return Optional.empty();
    }
    return Optional.of(new StoredTensor(name, type.get(), shape, offsets.get(0), offsets.get(1)));
  }

  private static void checkCover(
      String file, List<StoredTensor> tensors, long dataBytes, List<Problem> problems) {
    long position = 0;
    for (StoredTensor tensor : tensors) {
      if (tensor.begin() != position) {
        problems.add(
            new Problem(
                file + " tensor " + tensor.name() + " data_offsets",
                "begins at byte " + tensor.begin(),
                "byte " + position + ", where the tensor before it ends"));
      }
      if (tensor.end() > dataBytes) {
        problems.add(
            new Problem(
                file + " tensor " + tensor.name() + " data_offsets",
                "ends at byte " + tensor.end(),
                "at most " + dataBytes + ", the data that the file holds (is it truncated?)"));
      }
      position = tensor.end();
    }
    if (problems.isEmpty() && position != dataBytes) {
      problems.add(
          new Problem(file, dataBytes + " bytes of data", position + " bytes, as the header says"));
    }
  }

  private static OptionalLong bytes(List<Long> shape, SafetensorsType type) {
    try {
      long bytes = type.bytes();
      for (long size : shape) {
        bytes = Math.multiplyExact(bytes, size);
      }
      return OptionalLong.of(bytes);
    } catch (ArithmeticException e) {
      return OptionalLong.empty();
    }
  }

  /** A list of integers from 0, or null if it is something else. */
  private static List<Long> naturals(JsonNode node) {
    if (!node.isArray()) {
      return null;
    }
    List<Long> values = new ArrayList<>();
    for (JsonNode element : node) {
      if (!element.isIntegralNumber() || !element.canConvertToLong() || element.asLong() < 0) {
        return null;
      }
      values.add(element.asLong());
    }
    return values;
  }

  private static String shown(JsonNode node) {
    String text = node.isMissingNode() ? "missing" : node.toString();
    return text.length() > 80 ? text.substring(0, 77) + "..." : text;
  }
}
