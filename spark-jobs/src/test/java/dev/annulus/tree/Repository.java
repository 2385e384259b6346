package dev.annulus.tree;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The working tree that the build runs in. */
final class Repository {
  private static final Set<String> SKIPPED_FOLDERS = Set.of("target", "runs");
  private static final long GIT_TIMEOUT_SECONDS = 30;

  private Repository() {}

  /** Its top. */
  static Path root() {
    return Path.of(System.getProperty("annulus.repository")).toAbsolutePath().normalize();
  }

  /** Every Java source of the tree, main and test, also those that are not committed yet. */
  static List<Path> javaSources() {
    return javaSources(root());
  }

  /** Every Java source below a folder, sorted; nothing that a build or a run left there. */
  static List<Path> javaSources(Path folder) {
    List<Path> sources = new ArrayList<>();
    try {
      Files.walkFileTree(
          folder,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path child, BasicFileAttributes attributes) {
              String name = String.valueOf(child.getFileName());
              boolean isSkipped = SKIPPED_FOLDERS.contains(name) || name.startsWith(".");
              return isSkipped && !child.equals(folder)
                  ? FileVisitResult.SKIP_SUBTREE
                  : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              if (file.toString().endsWith(".java")) {
                sources.add(file);
              }
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException("sources below " + folder, e);
    }
    return sources.stream().sorted().toList();
  }

  /** The text of a source. */
  static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException("source " + file, e);
    }
  }

  /** For messages: the path from the top. */
  static String name(Path file) {
    return root().relativize(file).toString();
  }

  /** What git keeps, as paths from the top; empty where this is no clone or git is missing. */
  static Optional<List<String>> trackedFiles() throws InterruptedException {
    try {
      Process git =
          new ProcessBuilder("git", "-C", root().toString(), "ls-files", "-z")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String listed = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!git.waitFor(GIT_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        git.destroyForcibly();
        return Optional.empty();
      }
      return git.exitValue() == 0 && !listed.isEmpty()
          ? Optional.of(List.of(listed.split("\0", -1)).stream().filter(f -> !f.isEmpty()).toList())
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
