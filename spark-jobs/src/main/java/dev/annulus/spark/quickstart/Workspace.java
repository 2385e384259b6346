package dev.annulus.spark.quickstart;

import dev.annulus.config.InvalidInputException;
import dev.annulus.trainer.huggingface.DurableFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The folder of a quickstart. Each quickstart starts anew, so what an earlier one left is taken
 * away; a folder that holds anything else is refused, never emptied.
 */
record Workspace(Path folder) {
  private static final String MARKER = ".annulus-quickstart";

  /** Makes an empty workspace. */
  static Workspace create(Path folder) throws IOException {
    if (Files.exists(folder) && !Files.exists(folder.resolve(MARKER)) && !isEmpty(folder)) {
      throw new InvalidInputException(
          "--output",
          folder.toString(),
          "a folder that is new, empty, or left by an earlier quickstart");
    }
    DurableFiles.deleteTree(folder);
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve(MARKER), "The next quickstart that writes here empties this folder.\n");
    return new Workspace(folder);
  }

  Path corpus() {
    return folder.resolve("corpus");
  }

  Path run() {
    return folder.resolve("run");
  }

  /** Writes the configuration that the quickstart is, ready to be run again by {@code train}. */
  Path writeConfig() throws IOException {
    try (InputStream template =
        Workspace.class.getResourceAsStream("/dev/annulus/spark/quickstart/run.yaml")) {
      String text =
          new String(template.readAllBytes(), StandardCharsets.UTF_8)
              .replace("@OUTPUT@", yamlText(run()))
              .replace("@CORPUS@", yamlText(corpus()));
      Path file = folder.resolve("run.yaml");
      Files.writeString(file, text);
      return file;
    }
  }

  private static String yamlText(Path path) {
    return path.toString().replace("\\", "\\\\").replace("\"", "\\\"");
  }

  private static boolean isEmpty(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.findAny().isEmpty();
    }
  }
}
