package dev.annulus.trainer.checkpoint;

import dev.annulus.trainer.huggingface.DurableFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Checkpoints as folders {@code step-00000050} of a file system with atomic renames. */
public final class LocalCheckpointStore implements CheckpointStore {
  private static final Pattern NAME = Pattern.compile("step-(\\d{8,18})");

  private final Path folder;

  /**
   * Opens a store; the folder need not exist.
   *
   * @param folder usually {@code OUTPUT_DIR/checkpoints}
   */
  public LocalCheckpointStore(Path folder) {
    this.folder = folder;
  }

  @Override
  public String location() {
    return folder.toString();
  }

  @Override
  public List<Long> steps() {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    List<Long> steps = new ArrayList<>();
    try (Stream<Path> entries = Files.list(folder)) {
      for (Path entry : (Iterable<Path>) entries::iterator) {
        Matcher matcher = NAME.matcher(entry.getFileName().toString());
        if (matcher.matches() && Files.exists(entry.resolve(Manifest.FILE_NAME))) {
          steps.add(Long.parseLong(matcher.group(1)));
        }
      }
    } catch (IOException e) {
      throw new CheckpointException("cannot list " + folder + ": " + e.getMessage(), e);
    }
    steps.sort(Comparator.reverseOrder());
    return List.copyOf(steps);
  }

  @Override
  public void save(long step, FolderWriter content) {
    Path target = folderOf(step);
    try {
      sweep();
      DurableFiles.writeFolder(
          target,
          aside -> {
            content.write(aside);
            Manifest.of(aside, step).writeTo(aside);
          });
    } catch (IOException | UncheckedIOException e) {
      throw new CheckpointException(
          "checkpoint of step "
              + step
              + " could not be written to "
              + target
              + " and nothing of it is left: "
              + e.getMessage(),
          e);
    }
  }

  @Override
  public <T> T read(long step, FolderReader<T> reader) throws DamagedCheckpointException {
    Path source = folderOf(step);
    List<String> damages;
    try {
      damages = Manifest.damages(source, step);
    } catch (IOException e) {
      damages = List.of("cannot be read: " + e);
    }
    if (!damages.isEmpty()) {
      throw new DamagedCheckpointException(source.toString(), damages);
    }
    return reader.read(source);
  }

  @Override
  public void setAside(long step) {
    Path source = folderOf(step);
    Path target = source.resolveSibling(source.getFileName() + ".damaged");
    try {
      DurableFiles.deleteTree(target);
      Files.move(source, target);
    } catch (IOException e) {
      throw new CheckpointException("cannot set " + source + " aside: " + e.getMessage(), e);
    }
  }

  @Override
  public void keepNewest(int count) {
    List<Long> steps = steps();
    for (long step : steps.subList(Math.min(count, steps.size()), steps.size())) {
      Path old = folderOf(step);
      Path deleting = old.resolveSibling("." + old.getFileName() + ".old");
      try {
        // Renamed first: a crash in the middle leaves no folder that looks like a checkpoint.
        DurableFiles.deleteTree(deleting);
        Files.move(old, deleting);
        DurableFiles.deleteTree(deleting);
      } catch (IOException e) {
        throw new CheckpointException("cannot delete " + old + ": " + e.getMessage(), e);
      }
    }
  }

  private Path folderOf(long step) {
    return folder.resolve(String.format(Locale.ROOT, "step-%08d", step));
  }

  /** Deletes what a killed writer left behind. */
  private void sweep() throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    List<Path> leftovers;
    try (Stream<Path> entries = Files.list(folder)) {
      leftovers = entries.filter(LocalCheckpointStore::isLeftover).toList();
    }
    for (Path leftover : leftovers) {
      DurableFiles.deleteTree(leftover);
    }
  }

  private static boolean isLeftover(Path entry) {
    String name = entry.getFileName().toString();
    return name.startsWith(".step-") && (name.endsWith(".partial") || name.endsWith(".old"));
  }
}
