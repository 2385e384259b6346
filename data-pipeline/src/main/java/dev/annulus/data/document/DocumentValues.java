package dev.annulus.data.document;

import dev.annulus.config.ModalitySettings;
import dev.annulus.config.SourceSettings.Content;
import dev.annulus.config.SourceSettings.Messages;
import dev.annulus.config.SourceSettings.PromptAnswer;
import dev.annulus.config.SourceSettings.Text;
import dev.annulus.config.SourceSettings.TokenIds;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The values of a record, by key or column, to a document. */
public final class DocumentValues {
  private DocumentValues() {}

  /** Stops the reading of a record whose form is right and whose contents are not. */
  static final class BadValueException extends Exception {
    private static final long serialVersionUID = 1L;
    private final String expectation;

    BadValueException(String value, String expectation) {
      super(value, null, false, false);
      this.expectation = expectation;
    }

    String expectation() {
      return expectation;
    }
  }

  /**
   * The document of a record.
   *
   * @param values text as a String or as bytes, ids as int[] or a list of numbers, turns as a list
   *     of maps
   */
  public static Outcome<Document> document(
      String place, Map<String, Object> values, Content content) {
    try {
      return new Outcome.Good<>(new Document(place, content(values, content)));
    } catch (BadValueException e) {
      return new Outcome.Bad<>(place, e.getMessage(), e.expectation());
    }
  }

  static Document.Content content(Map<String, Object> values, Content content)
      throws BadValueException {
    return switch (content) {
      case Text(String field) -> new Document.Text(text(values, field));
      case TokenIds(String modalities) ->
          modalities.isEmpty()
              ? new Document.Ids(ids(values, content.field()))
              : withModalities(ids(values, content.field()), ids(values, modalities), modalities);
      case PromptAnswer(String prompt, String answer) ->
          new Document.Exchange(text(values, prompt), text(values, answer));
      case Messages(String field) -> new Document.Chat(turns(values, field));
    };
  }

  private static Document.Ids withModalities(int[] ids, int[] modalities, String field)
      throws BadValueException {
    if (ids.length != modalities.length) {
      throw new BadValueException(
          "'%s' has %d values for %d tokens".formatted(field, modalities.length, ids.length),
          "one for each token");
    }
    for (int i = 0; i < modalities.length; i++) {
      if (modalities[i] < 0 || modalities[i] > ModalitySettings.MAX_ID) {
        throw new BadValueException(
            "'%s' has %d at position %d".formatted(field, modalities[i], i),
            "modality ids from 0 to " + ModalitySettings.MAX_ID);
      }
    }
    return new Document.Ids(ids, modalities);
  }

  private static Object required(Map<String, Object> values, String field)
      throws BadValueException {
    Object value = values.get(field);
    if (value == null) {
      throw new BadValueException(
          values.containsKey(field)
              ? "'" + field + "' is null"
              : "an object without '" + field + "'",
          "the key '" + field + "'");
    }
    return value;
  }

  private static String text(Map<String, Object> values, String field) throws BadValueException {
    return switch (required(values, field)) {
      case String text -> wellFormed(text, field);
      case byte[] bytes -> utf8(bytes, field);
      case Object other -> throw new BadValueException(other(field, other), "a string");
    };
  }

  private static String utf8(byte[] bytes, String field) throws BadValueException {
    int malformed = StrictUtf8.firstMalformed(bytes);
    if (malformed >= 0) {
      throw new BadValueException(
          "'%s': %s at byte %d".formatted(field, StrictUtf8.describe(bytes, malformed), malformed),
          "UTF-8");
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static String wellFormed(String text, String field) throws BadValueException {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (Character.isSurrogatePair(
            text.charAt(i), i + 1 < text.length() ? text.charAt(i + 1) : 0)) {
          i++;
        } else {
          throw new BadValueException(
              "'%s' has the lone surrogate \\u%04x".formatted(field, (int) text.charAt(i)),
              "well-formed text");
        }
      }
    }
    return text;
  }

  private static int[] ids(Map<String, Object> values, String field) throws BadValueException {
    Object value = required(values, field);
    if (value instanceof int[] ids) {
      return ids;
    }
    if (!(value instanceof List<?> list)) {
      throw new BadValueException(other(field, value), "a list of numbers");
    }
    int[] ids = new int[list.size()];
    for (int i = 0; i < ids.length; i++) {
      if (!(list.get(i) instanceof Long number) || number != number.intValue()) {
        throw new BadValueException(
            "'%s' has %s at position %d".formatted(field, list.get(i), i), "token ids");
      }
      ids[i] = number.intValue();
    }
    return ids;
  }

  private static List<Map<String, Object>> turns(Map<String, Object> values, String field)
      throws BadValueException {
    if (!(required(values, field) instanceof List<?> list)) {
      throw new BadValueException(other(field, values.get(field)), "a list of turns");
    }
    List<Map<String, Object>> turns = new ArrayList<>();
    for (Object item : list) {
      if (!(item instanceof Map<?, ?> map)) {
        throw new BadValueException(
            "'%s' has %s as turn %d".formatted(field, kind(item), turns.size()),
            "an object with role and content");
      }
      Map<String, Object> turn = new LinkedHashMap<>();
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        turn.put(String.valueOf(entry.getKey()), plain(entry.getValue(), field));
      }
      if (!(turn.get("role") instanceof String)) {
        throw new BadValueException(
            "turn %d of '%s' has no role".formatted(turns.size(), field), "a role, as a string");
      }
      turns.add(turn);
    }
    return turns;
  }

  /** Text of a turn is checked as other text is, wherever it stands in it. */
  private static Object plain(Object value, String field) throws BadValueException {
    return switch (value) {
      case byte[] bytes -> utf8(bytes, field);
      case String text -> wellFormed(text, field);
      case List<?> list -> {
        List<Object> values = new ArrayList<>();
        for (Object item : list) {
          values.add(plain(item, field));
        }
        yield values;
      }
      case Map<?, ?> map -> {
        Map<String, Object> values = new LinkedHashMap<>();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          values.put(String.valueOf(entry.getKey()), plain(entry.getValue(), field));
        }
        yield values;
      }
      case null, default -> value;
    };
  }

  private static String other(String field, Object value) {
    return "'" + field + "' is " + kind(value);
  }

  private static String kind(Object value) {
    return switch (value) {
      case String text -> "a string";
      case byte[] bytes -> "a string";
      case List<?> list -> "a list";
      case int[] list -> "a list";
      case Map<?, ?> map -> "an object";
      case null -> "null";
      default -> value.toString();
    };
  }
}
