package dev.annulus.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** The text of a configuration file. */
final class ConfigFile {
  private static final int MAX_BYTES = 10 << 20;
  private static final String EXPECTATION = "a readable YAML file in UTF-8 of at most 10 MiB";

  private ConfigFile() {}

  /**
   * The whole text, without a byte order mark.
   *
   * @throws InvalidInputException if there is no such file, or none that can be a configuration
   */
  static String text(Path file) {
    if (Files.isDirectory(file)) {
      throw new InvalidInputException(file.toString(), "is a directory", EXPECTATION);
    }
    byte[] bytes;
    // Read rather than asked for its size, which a pipe does not know.
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (NoSuchFileException e) {
      throw new InvalidInputException(file.toString(), "no such file", EXPECTATION, e);
    } catch (IOException e) {
      throw new InvalidInputException(
          file.toString(), String.valueOf(e.getMessage()), EXPECTATION, e);
    }
    if (bytes.length > MAX_BYTES) {
      throw new InvalidInputException(file.toString(), "larger than 10 MiB", EXPECTATION);
    }
    String text = decode(file, bytes);
    return text.startsWith("\uFEFF") ? text.substring(1) : text;
  }

  private static String decode(Path file, byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CoderResult result = StandardCharsets.UTF_8.newDecoder().decode(in, out, true);
    if (result.isError()) {
      int line = 1;
      for (int i = 0; i < in.position(); i++) {
        line += bytes[i] == '\n' ? 1 : 0;
      }
      throw new InvalidInputException(
          file + ":" + line, "byte " + in.position() + " is not UTF-8", EXPECTATION);
    }
    return out.flip().toString();
  }
}
