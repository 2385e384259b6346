package dev.annulus.data.document;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.annulus.data.document.Document.Content;
import dev.annulus.data.json.JsonMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** One line of JSON to one document. Documents may be of any size. Thread-safe. */
public final class JsonLine {
  /** The key of ready token ids. */
  public static final String INPUT_IDS = "input_ids";

  /** The key of text, unless another one is named. */
  public static final String TEXT = "text";

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
          .build();

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

  /**
   * The document under {@code field}: a list of ids where that is {@code input_ids}, else a string.
   */
  public static Outcome<Document> parse(String place, byte[] line, String field) {
    return parse(place, line, field, field);
  }

  /** The document under {@code input_ids}, or else under {@code text}. */
  public static Outcome<Document> parseEither(String place, byte[] line) {
    return parse(place, line, INPUT_IDS, TEXT);
  }

  private static Outcome<Document> parse(String place, byte[] line, String first, String second) {
    int malformed = StrictUtf8.firstMalformed(line);
    if (malformed >= 0) {
      return new Outcome.Bad<>(
          place,
          StrictUtf8.describe(line, malformed) + " at byte " + malformed + " of the line",
          "UTF-8");
    }
    String text = new String(line, StandardCharsets.UTF_8);
    try (JsonParser parser = JSON.createParser(text)) {
      return parse(place, parser, first, second);
    } catch (BadValueException e) {
      return new Outcome.Bad<>(place, e.getMessage(), e.expectation);
    } catch (JsonProcessingException e) {
      String where = e.getLocation() == null ? "" : " at column " + e.getLocation().getColumnNr();
      return new Outcome.Bad<>(
          place, "broken JSON" + where + ": " + JsonMessage.of(e), "a JSON object");
    } catch (IOException e) {
      throw new UncheckedIOException("reading a string in memory", e);
    }
  }

  private static Outcome<Document> parse(
      String place, JsonParser parser, String first, String second)
      throws IOException, BadValueException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw new BadValueException("JSON that is not an object", "a JSON object");
    }
    Content found = null;
    boolean foundFirst = false;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      if (name.equals(first) || (name.equals(second) && !foundFirst)) {
        found = name.equals(INPUT_IDS) ? ids(parser, name) : text(parser, name);
        foundFirst = name.equals(first);
      } else {
        parser.skipChildren();
      }
    }
    if (parser.nextToken() != null) {
      throw new BadValueException("something behind the JSON object", "one JSON object a line");
    }
    if (found == null) {
      String expected =
          first.equals(second) ? "'" + first + "'" : "'" + second + "' or '" + first + "'";
      throw new BadValueException("an object without " + expected, "the key " + expected);
    }
    return new Outcome.Good<>(new Document(place, found));
  }

  private static Content text(JsonParser parser, String name)
      throws IOException, BadValueException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw new BadValueException("'" + name + "' is " + kind(parser), "a string");
    }
    String text = parser.getText();
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (Character.isSurrogatePair(
            text.charAt(i), i + 1 < text.length() ? text.charAt(i + 1) : 0)) {
          i++;
        } else {
          throw new BadValueException(
              "'%s' has the lone surrogate \\u%04x".formatted(name, (int) text.charAt(i)),
              "well-formed text");
        }
      }
    }
    return new Document.Text(text);
  }

  private static Content ids(JsonParser parser, String name) throws IOException, BadValueException {
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
    return new Document.Ids(Arrays.copyOf(ids, length));
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

  /** Stops the parse of a line whose JSON is right and whose contents are not. */
  private static final class BadValueException extends Exception {
    private static final long serialVersionUID = 1L;
    private final String expectation;

    BadValueException(String value, String expectation) {
      super(value, null, false, false);
      this.expectation = expectation;
    }
  }
}
