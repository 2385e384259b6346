package dev.annulus.data.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.regex.Pattern;

/** What is wrong with a JSON text, in the parser's words but for those about itself. */
public final class JsonMessage {
  /** Where an open bracket stands: its source is withheld, which says how to have it told. */
  private static final Pattern SOURCE = Pattern.compile("\\[Source: [^;\\]]*; ([^\\]]*)\\]");

  private JsonMessage() {}

  /** One line, without the place of the error itself. */
  public static String of(JsonProcessingException e) {
    return SOURCE.matcher(String.valueOf(e.getOriginalMessage())).replaceAll("$1");
  }
}
