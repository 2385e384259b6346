package dev.annulus.data.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.annulus.config.InvalidInputException;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The files of a Hugging Face tokeniser as bytes, by name: what a driver sends to its executors so
 * that they need not see its disk. {@code tokenizer.json} is always among them.
 *
 * @param origin where they were read, for messages
 * @param contents by file name
 */
public record TokenizerFiles(String origin, SortedMap<String, byte[]> contents)
    implements Serializable {
  /** The file that decides the ids. */
  public static final String MAIN = "tokenizer.json";

  private static final String CONFIG = "tokenizer_config.json";

  private static final List<String> BESIDE = List.of(CONFIG, "special_tokens_map.json");

  /** Read for the ids of BOS and EOS only; they belong to the model, so they are not saved. */
  private static final List<String> OF_MODEL = List.of("generation_config.json", "config.json");

  public TokenizerFiles {
    contents = new TreeMap<>(contents);
    if (!contents.containsKey(MAIN)) {
      throw new InvalidInputException(origin, "no " + MAIN, "a tokeniser's files");
    }
  }

  /**
   * Reads them from a folder, or from the folder around a {@code tokenizer.json}.
   *
   * @throws InvalidInputException if there is no such file or folder
   */
  public static TokenizerFiles read(Path location) {
    boolean isFolder = Files.isDirectory(location);
    Path main = isFolder ? location.resolve(MAIN) : location;
    if (!Files.isRegularFile(main)) {
      throw new InvalidInputException(
          location.toString(),
          isFolder ? "a folder without " + MAIN : "no such file or folder",
          "'bytes', a folder with " + MAIN + ", or that file");
    }
    SortedMap<String, byte[]> contents = new TreeMap<>();
    Path folder = main.toAbsolutePath().getParent();
    try {
      contents.put(MAIN, Files.readAllBytes(main));
      try (Stream<Path> beside = Files.list(folder)) {
        for (Path file : beside.filter(Files::isRegularFile).toList()) {
          String name = file.getFileName().toString();
          if (isSaved(name) || OF_MODEL.contains(name)) {
            contents.putIfAbsent(name, Files.readAllBytes(file));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("reading the tokeniser in " + folder, e);
    }
    return new TokenizerFiles(location.toString(), contents);
  }

  /** The file's bytes, if it is there. */
  public Optional<byte[]> file(String name) {
    return Optional.ofNullable(contents.get(name));
  }

  /** The chat template in {@code tokenizer_config.json}; of several the one named default. */
  public Optional<String> chatTemplate() {
    return configured("chat_template")
        .flatMap(
            template ->
                template.isTextual()
                    ? Optional.of(template.textValue())
                    : StreamSupport.stream(template.spliterator(), false)
                        .filter(named -> named.path("name").asText().equals("default"))
                        .map(named -> named.path("template").asText())
                        .findFirst());
  }

  /** What a special token is called in {@code tokenizer_config.json}. */
  public Optional<String> specialToken(String key) {
    return configured(key)
        .map(token -> token.isObject() ? token.path("content").asText() : token.asText());
  }

  private Optional<JsonNode> configured(String key) {
    return file(CONFIG)
        .map(bytes -> TokenizerJson.parse(origin + ": " + CONFIG, bytes).get(key))
        .filter(node -> !node.isNull());
  }

  /** SHA-256 of {@code tokenizer.json}, in hex. */
  public String fingerprint() {
    return Sha256.hex(contents.get(MAIN));
  }

  /** Writes what belongs to the tokeniser, byte for byte as it was read. */
  void save(Path folder) {
    contents.forEach(
        (name, bytes) -> {
          if (name.equals(MAIN) || isSaved(name)) {
            WholeFile.write(folder.resolve(name), bytes);
          }
        });
  }

  private static boolean isSaved(String name) {
    return BESIDE.contains(name) || name.startsWith("chat_template");
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TokenizerFiles that
        && contents.keySet().equals(that.contents.keySet())
        && contents.keySet().stream()
            .allMatch(name -> Arrays.equals(contents.get(name), that.contents.get(name)));
  }

  @Override
  public int hashCode() {
    return fingerprint().hashCode();
  }

  @Override
  public String toString() {
    return "TokenizerFiles[" + origin + ", " + contents.keySet() + "]";
  }

  /** The text of a file of UTF-8. */
  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
