package dev.annulus.trainer.checkpoint;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;

/** Files and folders that survive a crash at any moment: written aside, forced, then renamed. */
public final class DurableFiles {
  private DurableFiles() {}

  /** Replaces a small file; readers see the old one or the new one, whole. */
  public static void replace(Path file, byte[] bytes) throws IOException {
    Path aside = file.resolveSibling("." + file.getFileName() + ".writing");
    Files.createDirectories(file.toAbsolutePath().getParent());
    try {
      Files.write(aside, bytes);
      force(aside);
      Files.move(aside, file, ATOMIC_MOVE, REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(aside);
    }
    force(file.toAbsolutePath().getParent());
  }

  /**
   * Replaces a folder by what {@code content} writes, forced to disk before its name appears. A
   * crash leaves the old folder or the new one under the name, never a mixture; between the two
   * renames it leaves neither, and the new one is then lost.
   */
  public static void replaceFolder(Path folder, FolderWriter content) throws IOException {
    Path parent = folder.toAbsolutePath().getParent();
    Path aside = folder.resolveSibling(".writing-" + folder.getFileName());
    Path old = folder.resolveSibling(".deleting-" + folder.getFileName());
    Files.createDirectories(parent);
    deleteTree(aside);
    deleteTree(old);
    try {
      Files.createDirectory(aside);
      content.write(aside);
      forceTree(aside);
      if (Files.exists(folder)) {
        Files.move(folder, old, ATOMIC_MOVE);
      }
      Files.move(aside, folder, ATOMIC_MOVE);
      force(parent);
    } catch (IOException | RuntimeException e) {
      try {
        deleteTree(aside);
      } catch (IOException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
    deleteTree(old);
  }

  /** Deletes a folder and all in it, if it is there. */
  public static void deleteTree(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Plain files below {@code folder}, in the order of their paths. */
  static List<Path> filesBelow(Path folder) throws IOException {
    try (Stream<Path> walk = Files.walk(folder)) {
      return walk.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static void forceTree(Path folder) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(folder)) {
      all = walk.toList();
    }
    for (Path path : all) {
      force(path);
    }
  }

  private static void force(Path path) throws IOException {
    // A directory can only be opened for reading, and forcing it makes its names durable.
    StandardOpenOption mode =
        Files.isDirectory(path) ? StandardOpenOption.READ : StandardOpenOption.WRITE;
    try (FileChannel channel = FileChannel.open(path, mode)) {
      channel.force(true);
    }
  }
}
