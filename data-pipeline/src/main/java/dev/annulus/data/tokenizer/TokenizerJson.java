package dev.annulus.data.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.annulus.config.InvalidInputException;
import dev.annulus.data.json.JsonMessage;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/** What can be read off a {@code tokenizer.json}: the id of every token. */
final class TokenizerJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, Integer> idByToken = new HashMap<>();
  private final Map<String, Integer> idByAddedToken = new HashMap<>();
  private final int vocabularySize;

  /**
   * @throws InvalidInputException if it is not JSON, or holds no vocabulary
   */
  TokenizerJson(String place, byte[] bytes) {
    JsonNode root = parse(place, bytes);
    JsonNode vocabulary = root.path("model").path("vocab");
    int largest = -1;
    if (vocabulary.isObject()) {
      for (Map.Entry<String, JsonNode> entry : vocabulary.properties()) {
        largest = Math.max(largest, id(place, entry.getKey(), entry.getValue()));
        idByToken.put(entry.getKey(), entry.getValue().intValue());
      }
    } else if (vocabulary.isArray()) {
      // Unigram: pairs of piece and score; the place is the id.
      for (JsonNode piece : vocabulary) {
        idByToken.put(piece.path(0).asText(), ++largest);
      }
    } else {
      throw new InvalidInputException(place, "no model.vocab", "a Hugging Face tokenizer.json");
    }
    for (JsonNode added : root.path("added_tokens")) {
      String content = added.path("content").asText();
      int id = id(place, content, added.path("id"));
      idByAddedToken.put(content, id);
      largest = Math.max(largest, id);
    }
    vocabularySize = largest + 1;
  }

  /** One more than the largest id. */
  int vocabularySize() {
    return vocabularySize;
  }

  /** Id of an added token, or of one of the vocabulary. */
  OptionalInt id(String token) {
    Integer id = idByAddedToken.getOrDefault(token, idByToken.get(token));
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** Id of an added token. */
  OptionalInt addedId(String token) {
    Integer id = idByAddedToken.get(token);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** The JSON of a file, or who is to blame. */
  static JsonNode parse(String place, byte[] bytes) {
    try {
      JsonNode root = JSON.readTree(bytes);
      if (!root.isObject()) {
        throw new InvalidInputException(place, "not a JSON object", "a JSON object");
      }
      return root;
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(place, "broken JSON: " + JsonMessage.of(e), "JSON", e);
    } catch (IOException e) {
      throw new InvalidInputException(place, "not UTF-8: " + e.getMessage(), "JSON in UTF-8", e);
    }
  }

  private static int id(String place, String token, JsonNode id) {
    if (!id.isInt() || id.intValue() < 0) {
      throw new InvalidInputException(
          place, "id " + id + " of token '" + token + "'", "a number from 0");
    }
    return id.intValue();
  }
}
