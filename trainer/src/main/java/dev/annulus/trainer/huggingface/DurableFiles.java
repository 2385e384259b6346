package dev.annulus.trainer.huggingface;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;

/**
 * Files and folders that are whole or not there: written under another name in the same place,
 * forced to the disk, then renamed.
 */
public final class DurableFiles {
  private DurableFiles() {}

  /** Writes the content of a file. */
  @FunctionalInterface
  public interface Content {
    void writeTo(FileChannel channel) throws IOException;
  }

  /** Fills a folder. */
  @FunctionalInterface
  public interface Filling {
    void fill(Path folder) throws IOException;
  }

  /** Writes {@code file}, over one that may be there. */
  public static void write(Path file, Content content) throws IOException {
    writeLast(file, content);
    forceFolder(file.toAbsolutePath().getParent());
  }

  /**
   * The same where the folder is taken over by whoever sees the file: it appears whole, and nothing
   * is touched after it. Who takes over makes its name durable, as {@link #publish} does.
   */
  public static void writeLast(Path file, Content content) throws IOException {
    Path aside = file.resolveSibling("." + file.getFileName() + ".partial");
    try (FileChannel channel =
        FileChannel.open(
            aside,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      content.writeTo(channel);
      channel.force(true);
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(aside);
      throw e;
    }
    move(aside, file);
  }

  /** Writes a small {@code file}, over one that may be there. */
  public static void write(Path file, byte[] bytes) throws IOException {
    write(file, all(bytes));
  }

  /** Writes a small {@code file} as {@link #writeLast(Path, Content)} does. */
  public static void writeLast(Path file, byte[] bytes) throws IOException {
    writeLast(file, all(bytes));
  }

  private static Content all(byte[] bytes) {
    return channel -> {
      ByteBuffer rest = ByteBuffer.wrap(bytes);
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
    };
  }

  /** Makes {@code folder} with everything in it, in place of one that may be there. */
  public static void writeFolder(Path folder, Filling filling) throws IOException {
    Path target = folder.toAbsolutePath().normalize();
    Path aside = target.resolveSibling("." + target.getFileName() + ".partial");
    Files.createDirectories(target.getParent());
    deleteTree(aside);
    try {
      Files.createDirectory(aside);
      filling.fill(aside);
      publish(aside, target);
    } catch (IOException | RuntimeException e) {
      deleteTree(aside);
      throw e;
    }
  }

  /**
   * Makes a folder that was filled under another name beside it, in place of one that may be there;
   * if that fails, the one that was there is there still.
   */
  public static void publish(Path filled, Path folder) throws IOException {
    Path target = folder.toAbsolutePath().normalize();
    Path old = target.resolveSibling("." + target.getFileName() + ".old");
    try {
      forceTree(filled);
      deleteTree(old);
      if (Files.exists(target)) {
        move(target, old);
      }
      move(filled, target);
    } catch (IOException | RuntimeException e) {
      if (!Files.exists(target) && Files.exists(old)) {
        move(old, target);
      }
      throw e;
    }
    forceFolder(target.getParent());
    deleteTree(old);
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IOException("cannot rename " + from + " to " + to + " in one step", e);
    }
  }

  /** Makes everything below a folder durable, whoever wrote it. */
  private static void forceTree(Path root) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(root)) {
      all = walk.toList();
    }
    for (Path path : all) {
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  /** Makes the names in a folder durable. */
  private static void forceFolder(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Deletes a folder and everything in it, if it is there. */
  public static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
