package dev.annulus.trainer.huggingface;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.annulus.config.InvalidInputException;
import dev.annulus.data.json.JsonMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** JSON objects in files. */
public final class JsonFiles {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();
  private static final DefaultPrettyPrinter PRETTY =
      new DefaultPrettyPrinter()
          .withObjectIndenter(new DefaultIndenter("  ", "\n"))
          .withArrayIndenter(new DefaultIndenter("  ", "\n"));

  private JsonFiles() {}

  /** Reads one object. */
  public static Map<String, Object> read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(file.toString(), "no such file", "a JSON file");
    }
    try {
      Map<String, Object> keys =
          JSON.readValue(Files.readAllBytes(file), new TypeReference<Map<String, Object>>() {});
      if (keys == null) {
        throw new InvalidInputException(file.toString(), "null", "a JSON object");
      }
      return keys;
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      throw new InvalidInputException(file + ":" + line, JsonMessage.of(e), "a JSON object", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /** Writes one object for people, two spaces a level, the same keys giving the same bytes. */
  public static void write(Path file, Map<String, Object> keys) throws IOException {
    DurableFiles.write(file, toBytes(keys));
  }

  /** What {@link #write} writes. */
  static byte[] toBytes(Map<String, Object> keys) {
    try {
      return (JSON.writer(PRETTY).writeValueAsString(keys) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("texts, numbers and lists of them are JSON", e);
    }
  }
}
