package dev.annulus.tree;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Java sources as google-java-format writes them. */
final class FormatSources {
  private FormatSources() {}

  /** Rewrites every source below the folders; without arguments, of the repository. */
  public static void main(String[] folders) throws Exception {
    if (folders.length == 0) {
      rewrite(Repository.javaSources());
    }
    for (String folder : folders) {
      rewrite(Repository.javaSources(Path.of(folder)));
    }
  }

  /** Those of the sources that are not as the formatter would write them. */
  static List<Path> unformatted(List<Path> sources) throws FormatterException {
    List<Path> unformatted = new ArrayList<>();
    for (Path source : sources) {
      if (!isFormatted(source)) {
        unformatted.add(source);
      }
    }
    return unformatted;
  }

  /** Formats the sources where they lie. */
  static void rewrite(List<Path> sources) throws FormatterException, IOException {
    for (Path source : unformatted(sources)) {
      Files.writeString(source, formatted(source));
    }
  }

  private static boolean isFormatted(Path source) throws FormatterException {
    return Repository.text(source).equals(formatted(source));
  }

  private static String formatted(Path source) throws FormatterException {
    return new Formatter().formatSourceAndFixImports(Repository.text(source));
  }
}
