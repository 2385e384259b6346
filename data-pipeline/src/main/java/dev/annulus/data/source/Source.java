package dev.annulus.data.source;

import dev.annulus.config.SourceSettings;
import dev.annulus.config.SourceSettings.Content;
import dev.annulus.config.SourceSettings.Messages;
import dev.annulus.config.SourceSettings.PromptAnswer;
import dev.annulus.config.SourceSettings.Text;
import dev.annulus.config.SourceSettings.TokenIds;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * A source and the files that it has now.
 *
 * @param settings as configured
 * @param files ordered by URI
 */
public record Source(SourceSettings settings, List<SourceFile> files) {
  public Source {
    files = List.copyOf(files);
  }

  private static String describe(Content content) {
    return switch (content) {
      case Text(String field) -> field;
      case TokenIds(String modalities) ->
          modalities.isEmpty() ? content.field() : content.field() + " with " + modalities;
      case PromptAnswer(String prompt, String answer) -> prompt + " and " + answer;
      case Messages(String field) -> "turns in " + field;
    };
  }

  /** What tells whether the source has changed. */
  public SourceFingerprint fingerprint() {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
    long bytes = 0;
    for (SourceFile file : files) {
      String line = file.uri() + "\n" + file.bytes() + "\n" + file.modifiedMs() + "\n";
      digest.update(line.getBytes(StandardCharsets.UTF_8));
      bytes += file.bytes();
    }
    return new SourceFingerprint(
        settings.path(),
        settings.format().name(),
        describe(settings.content()),
        files.size(),
        bytes,
        HexFormat.of().formatHex(digest.digest()));
  }
}
