package dev.annulus.data.chat;

import dev.annulus.config.InvalidInputException;
import dev.annulus.data.tokenizer.TokenizerFiles;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A chat template as it is sent to executors.
 *
 * @param place where it stands, for messages
 * @param source in Jinja
 * @param bosToken what the template writes as {@code bos_token}
 * @param eosToken what it writes as {@code eos_token}
 */
public record ChatTemplate(String place, String source, String bosToken, String eosToken)
    implements Serializable {
  /**
   * A file of its own, with the special tokens of a tokeniser.
   *
   * @throws InvalidInputException if it cannot be read
   */
  public static ChatTemplate read(String file, Optional<TokenizerFiles> tokenizer) {
    Path path = Path.of(file);
    if (!Files.isRegularFile(path)) {
      throw new InvalidInputException(
          "data.chat_template", file + " is no file", "a file with a chat template");
    }
    try {
      return of(file, Files.readString(path, StandardCharsets.UTF_8), tokenizer);
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + file, e);
    }
  }

  /** The template that a tokeniser comes with: a file of its own, or a key of its configuration. */
  public static Optional<ChatTemplate> of(TokenizerFiles tokenizer) {
    Optional<String> file =
        tokenizer
            .file("chat_template.jinja")
            .map(bytes -> new String(bytes, StandardCharsets.UTF_8));
    return file.or(tokenizer::chatTemplate)
        .map(source -> of(tokenizer.origin() + ": chat template", source, Optional.of(tokenizer)));
  }

  private static ChatTemplate of(String place, String source, Optional<TokenizerFiles> tokenizer) {
    return new ChatTemplate(
        place,
        source,
        tokenizer.flatMap(files -> files.specialToken("bos_token")).orElse(""),
        tokenizer.flatMap(files -> files.specialToken("eos_token")).orElse(""));
  }
}
