package dev.annulus.spark.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.util.Map;

/**
 * Where a command speaks to people and scripts.
 *
 * @param out standard output
 * @param err standard error: warnings and errors
 * @param quiet nothing for people on standard output
 * @param json the last line of standard output is one JSON object
 */
public record Console(PrintStream out, PrintStream err, boolean quiet, boolean json) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** A line for people. */
  public void say(String line) {
    if (!quiet) {
      out.println(line);
    }
  }

  /** A line for people that also stands where output is quiet. */
  public void warn(String line) {
    err.println("warning: " + line);
  }

  /**
   * What the command is for, on standard output whether quiet or not, unless JSON stands for it.
   */
  public void answer(String text) {
    if (!json) {
      out.println(text);
    }
  }

  /** The result for scripts; call it last. */
  public void result(Map<String, ?> result) {
    if (json) {
      out.println(toJson(result));
    }
    out.flush();
  }

  /** One line of JSON. */
  public static String toJson(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not representable as JSON: " + value, e);
    }
  }
}
