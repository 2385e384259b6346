package dev.annulus.trainer.checkpoint;

import dev.annulus.trainer.huggingface.DurableFiles;
import java.io.IOException;
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
  public void prepare(long step) {
    try {
      sweep();
      Files.createDirectories(aside(step));
    } catch (IOException e) {
      throw failed(step, e);
    }
  }

  @Override
  public void writePart(long step, int part, List<CheckpointFile> files) {
    List<Manifest.FileEntry> entries = new ArrayList<>();
    try {
      for (CheckpointFile file : files) {
        Path path = aside(step).resolve(file.path());
        Files.createDirectories(path.getParent());
        DurableFiles.write(
            path,
            channel -> {
              HashingChannel hashing = new HashingChannel(channel);
              file.content().writeTo(hashing);
              entries.add(hashing.entry(file.path()));
            });
      }
      // From here on rank 0 may complete the checkpoint, and the folder has another name.
      DurableFiles.writeLast(partOf(step, part), Manifest.of(step, entries).toJson());
    } catch (IOException e) {
      throw failed(step, e);
    }
  }

  @Override
  public boolean hasParts(long step, int parts) {
    for (int part = 0; part < parts; part++) {
      if (!Files.exists(partOf(step, part))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void commit(long step, int parts) {
    try {
      List<Manifest.FileEntry> entries = new ArrayList<>();
      for (int part = 0; part < parts; part++) {
        Path said = partOf(step, part);
        entries.addAll(Manifest.parsePart(Files.readAllBytes(said), said.toString(), step));
        Files.delete(partOf(step, part));
      }
      Manifest.of(step, entries).writeTo(aside(step));
      DurableFiles.publish(aside(step), folderOf(step));
    } catch (IOException e) {
      abandon(step);
      throw failed(step, e);
    }
  }

  @Override
  public void abandon(long step) {
    try {
      DurableFiles.deleteTree(aside(step));
    } catch (IOException e) {
      throw new CheckpointException("cannot delete " + aside(step) + ": " + e.getMessage(), e);
    }
  }

  private CheckpointException failed(long step, IOException e) {
    return new CheckpointException(
        "checkpoint of step "
            + step
            + " could not be written to "
            + folderOf(step)
            + " and nothing of it is left: "
            + e.getMessage(),
        e);
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

  /** Where it lies until it is complete. */
  private Path aside(long step) {
    return folder.resolve("." + folderOf(step).getFileName() + ".partial");
  }

  /** What the writer of a part says of its files, when they are all there. */
  private Path partOf(long step, int part) {
    return aside(step).resolve(String.format(Locale.ROOT, "part-%05d.json", part));
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
