package dev.annulus.data.document;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.annulus.config.SourceSettings;
import dev.annulus.config.SourceSettings.Content;
import dev.annulus.data.document.DocumentValues.BadValueException;
import dev.annulus.data.json.JsonMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One line of JSON to one document. Documents may be of any size. Thread-safe. */
public final class JsonLine {
  /** The key of text, unless another one is named. */
  public static final String TEXT = "text";

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
          .build();

  private static final ObjectMapper VALUES = new ObjectMapper(JSON);

  /** Documents that are either; the ids win. */
  private static final List<Content> EITHER =
      List.of(new SourceSettings.TokenIds(""), new SourceSettings.Text(TEXT));

  private JsonLine() {}

  /** Whether the line holds nothing, so that it is no document. */
  public static boolean isBlank(byte[] line) {
    for (byte b : line) {
      if (b != ' ' && b != '\t' && b != '\r') {
        return false;
      }
    }
    return true;
  }

  /** The document under the keys of {@code content}; others are ignored. */
  public static Outcome<Document> parse(String place, byte[] line, Content content) {
    return parse(place, line, List.of(content));
  }

  /** The document under {@code input_ids}, or else under {@code text}. */
  public static Outcome<Document> parseEither(String place, byte[] line) {
    return parse(place, line, EITHER);
  }

  private static Outcome<Document> parse(String place, byte[] line, List<Content> contents) {
    int malformed = StrictUtf8.firstMalformed(line);
    if (malformed >= 0) {
      return new Outcome.Bad<>(
          place,
          StrictUtf8.describe(line, malformed) + " at byte " + malformed + " of the line",
          "UTF-8");
    }
    String text = new String(line, StandardCharsets.UTF_8);
    try (JsonParser parser = JSON.createParser(text)) {
      Map<String, Object> values = values(parser, contents);
      return new Outcome.Good<>(
          new Document(place, DocumentValues.content(values, chosen(values, contents))));
    } catch (BadValueException e) {
      return new Outcome.Bad<>(place, e.getMessage(), e.expectation());
    } catch (JsonProcessingException e) {
      String where = e.getLocation() == null ? "" : " at column " + e.getLocation().getColumnNr();
      return new Outcome.Bad<>(
          place, "broken JSON" + where + ": " + JsonMessage.of(e), "a JSON object");
    } catch (IOException e) {
      throw new UncheckedIOException("reading a string in memory", e);
    }
  }

  /** The first content whose key is there; without any, all of them are named. */
  private static Content chosen(Map<String, Object> values, List<Content> contents)
      throws BadValueException {
    for (Content content : contents) {
      if (values.containsKey(content.field())) {
        return content;
      }
    }
    String keys =
        String.join(" or ", contents.reversed().stream().map(c -> "'" + c.field() + "'").toList());
    throw new BadValueException("an object without " + keys, "the key " + keys);
  }

  /** What stands under a key. */
  private enum Kind {
    TEXT,
    IDS,
    TURNS
  }

  private static Map<String, Kind> kinds(List<Content> contents) {
    Map<String, Kind> kinds = new HashMap<>();
    for (Content content : contents) {
      switch (content) {
        case SourceSettings.Text(String field) -> kinds.put(field, Kind.TEXT);
        case SourceSettings.TokenIds(String modalities) -> {
          kinds.put(content.field(), Kind.IDS);
          if (!modalities.isEmpty()) {
            kinds.put(modalities, Kind.IDS);
          }
        }
        case SourceSettings.PromptAnswer(String prompt, String answer) -> {
          kinds.put(prompt, Kind.TEXT);
          kinds.put(answer, Kind.TEXT);
        }
        case SourceSettings.Messages(String field) -> kinds.put(field, Kind.TURNS);
      }
    }
    return kinds;
  }

  private static Map<String, Object> values(JsonParser parser, List<Content> contents)
      throws IOException, BadValueException {
    Map<String, Kind> kinds = kinds(contents);
    String winner = contents.getFirst().field();
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw new BadValueException("JSON that is not an object", "a JSON object");
    }
    Map<String, Object> values = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      boolean decided = contents.size() > 1 && values.containsKey(winner);
      switch (decided && !name.equals(winner) ? null : kinds.get(name)) {
        case TEXT -> values.put(name, text(parser, name));
        case IDS -> values.put(name, ids(parser, name));
        case TURNS -> values.put(name, VALUES.readValue(parser, Object.class));
        case null -> parser.skipChildren();
      }
    }
    if (parser.nextToken() != null) {
      throw new BadValueException("something behind the JSON object", "one JSON object a line");
    }
    return values;
  }

  private static String text(JsonParser parser, String name) throws IOException, BadValueException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw new BadValueException("'" + name + "' is " + kind(parser), "a string");
    }
    return parser.getText();
  }

  private static int[] ids(JsonParser parser, String name) throws IOException, BadValueException {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw new BadValueException("'" + name + "' is " + kind(parser), "a list of token ids");
    }
    int[] ids = new int[64];
    int length = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT
          || parser.getNumberType() != JsonParser.NumberType.INT) {
        throw new BadValueException(
            "'%s' has %s at position %d".formatted(name, kind(parser), length), "token ids");
      }
      if (length == ids.length) {
        ids = Arrays.copyOf(ids, 2 * length);
      }
      ids[length++] = parser.getIntValue();
    }
    return Arrays.copyOf(ids, length);
  }

  private static String kind(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "a list";
      case VALUE_STRING -> "a string";
      case VALUE_NULL -> "null";
      case VALUE_TRUE, VALUE_FALSE -> "a truth value";
      case null -> "missing";
      default -> "the number " + parser.getText();
    };
  }
}
