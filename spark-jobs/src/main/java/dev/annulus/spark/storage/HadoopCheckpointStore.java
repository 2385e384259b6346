package dev.annulus.spark.storage;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.trainer.checkpoint.CheckpointException;
import dev.annulus.trainer.checkpoint.CheckpointFile;
import dev.annulus.trainer.checkpoint.CheckpointStore;
import dev.annulus.trainer.checkpoint.DamagedCheckpointException;
import dev.annulus.trainer.checkpoint.FolderReader;
import dev.annulus.trainer.checkpoint.HashingChannel;
import dev.annulus.trainer.checkpoint.Manifest;
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

/**
 * Checkpoints as folders {@code step-00000050} of a file system of Hadoop's, where a rename of a
 * folder may take time and stop half way. Files are written where they will stay. The manifest is
 * written under another name, and its rename is the commit: a folder without it is no checkpoint.
 * Where a checkpoint goes, its manifest goes first.
 */
public final class HadoopCheckpointStore implements CheckpointStore {
  private static final Pattern NAME = Pattern.compile("step-(\\d{8,18})");
  private static final String DAMAGED = Manifest.FILE_NAME + ".damaged";

  private final RemoteFolder folder;
  private final String gang;
  private final Path scratch;
  private final BeforeCommit beforeCommit;

  /** What has to lie on the storage before a checkpoint counts. */
  @FunctionalInterface
  public interface BeforeCommit {
    /** Writes it. */
    void run() throws IOException;
  }

  /**
   * Opens a store; the folder need not exist.
   *
   * @param folder usually {@code OUTPUT_DIR/checkpoints}
   * @param gang letters and digits that all who write one checkpoint have in common, and nobody
   *     else: parts of a worker that was thought dead are not taken
   * @param scratch folder of this machine for copies of checkpoints that are read
   * @param beforeCommit done by the rank that completes a checkpoint
   */
  public HadoopCheckpointStore(
      RemoteFolder folder, String gang, Path scratch, BeforeCommit beforeCommit) {
    this.folder = folder;
    this.gang = gang;
    this.scratch = scratch;
    this.beforeCommit = beforeCommit;
  }

  @Override
  public String location() {
    return folder.place("");
  }

  @Override
  public List<Long> steps() {
    try {
      List<Long> steps = new ArrayList<>();
      for (long step : folders()) {
        if (folder.size(manifest(step)).isPresent()) {
          steps.add(step);
        }
      }
      steps.sort(Comparator.reverseOrder());
      return List.copyOf(steps);
    } catch (IOException e) {
      throw new CheckpointException(
          "cannot list " + location() + ": " + StorageCalls.firstLine(e), e);
    }
  }

  private List<Long> folders() throws IOException {
    List<Long> steps = new ArrayList<>();
    for (String name : folder.names("")) {
      Matcher matcher = NAME.matcher(name);
      if (matcher.matches()) {
        steps.add(Long.parseLong(matcher.group(1)));
      }
    }
    return steps;
  }

  @Override
  public void prepare(long step) {
    try {
      delete(step);
    } catch (IOException e) {
      throw failed(step, e);
    }
  }

  @Override
  public void writePart(long step, int part, List<CheckpointFile> files) {
    List<Manifest.FileEntry> entries = new ArrayList<>();
    try {
      for (CheckpointFile file : files) {
        Manifest.FileEntry[] entry = new Manifest.FileEntry[1];
        folder.write(
            name(step) + "/" + file.path(),
            channel -> {
              HashingChannel hashing = new HashingChannel(channel);
              file.content().writeTo(hashing);
              entry[0] = hashing.entry(file.path());
            });
        entries.add(entry[0]);
      }
      // From here on rank 0 may complete the checkpoint, and takes away what it has read.
      folder.publishLast(partOf(step, part), Manifest.of(step, entries).toJson());
    } catch (IOException e) {
      throw failed(step, e);
    }
  }

  @Override
  public boolean hasParts(long step, int parts) {
    try {
      for (int part = 0; part < parts; part++) {
        if (folder.size(partOf(step, part)).isEmpty()) {
          return false;
        }
      }
      return true;
    } catch (IOException e) {
      throw failed(step, e);
    }
  }

  @Override
  public void commit(long step, int parts) {
    try {
      List<Manifest.FileEntry> entries = new ArrayList<>();
      for (int part = 0; part < parts; part++) {
        String said = partOf(step, part);
        entries.addAll(Manifest.parsePart(folder.read(said), folder.place(said), step));
      }
      for (Manifest.FileEntry entry : entries) {
        long found = folder.size(name(step) + "/" + entry.path()).orElse(-1);
        if (found != entry.bytes()) {
          throw new IOException(
              folder.place(name(step))
                  + ": "
                  + entry.damage(found, entry.sha256()).orElseThrow()
                  + ", though it was written");
        }
      }
      for (int part = 0; part < parts; part++) {
        folder.deleteFile(partOf(step, part));
      }
      beforeCommit.run();
      folder.publish(manifest(step), Manifest.of(step, entries).toJson());
    } catch (IOException e) {
      CheckpointException failed = failed(step, e);
      try {
        delete(step);
      } catch (IOException again) {
        failed.addSuppressed(again);
      }
      throw failed;
    }
  }

  @Override
  public void abandon(long step) {
    try {
      delete(step);
    } catch (IOException e) {
      throw new CheckpointException(
          "cannot delete " + folder.place(name(step)) + ": " + StorageCalls.firstLine(e), e);
    }
  }

  @Override
  public <T> T read(long step, FolderReader<T> reader) throws DamagedCheckpointException {
    String place = folder.place(name(step));
    Path copy = null;
    try {
      copy = Files.createTempDirectory(scratch, "annulus-checkpoint-");
      new CheckpointDownload(folder.below(name(step)), step).into(copy);
      return reader.read(copy);
    } catch (IOException e) {
      throw new CheckpointException(
          "cannot read " + place + " into " + scratch + ": " + StorageCalls.firstLine(e), e);
    } catch (InvalidInputException e) {
      throw new InvalidInputException(renamed(e.problems(), copy.toString(), place));
    } finally {
      delete(copy);
    }
  }

  /** A copy that is gone helps nobody: what is told is where the checkpoint lies. */
  private static List<Problem> renamed(List<Problem> problems, String copy, String place) {
    return problems.stream()
        .map(
            problem ->
                new Problem(
                    problem.place().replace(copy, place),
                    problem.value().replace(copy, place),
                    problem.expectation().replace(copy, place)))
        .toList();
  }

  private static void delete(Path copy) {
    if (copy == null) {
      return;
    }
    try {
      DurableFiles.deleteTree(copy);
    } catch (IOException e) {
      throw new CheckpointException("cannot delete " + copy + ": " + e.getMessage(), e);
    }
  }

  /** Its files stay where they are until the run comes to that step again. */
  @Override
  public void setAside(long step) {
    try {
      folder.deleteFile(name(step) + "/" + DAMAGED);
      folder.renameFile(manifest(step), name(step) + "/" + DAMAGED);
    } catch (IOException e) {
      throw new CheckpointException(
          "cannot set " + folder.place(name(step)) + " aside: " + StorageCalls.firstLine(e), e);
    }
  }

  /**
   * Deletes also what killed writers left behind, but only what is older than what is kept: however
   * old a listing is, nothing that counts goes.
   */
  @Override
  public void keepNewest(int count) {
    List<Long> steps = steps();
    if (steps.isEmpty()) {
      return;
    }
    long oldest = steps.get(Math.min(count, steps.size()) - 1);
    try {
      for (long step : folders()) {
        if (step < oldest && folder.size(name(step) + "/" + DAMAGED).isEmpty()) {
          delete(step);
        }
      }
    } catch (IOException e) {
      throw new CheckpointException(
          "cannot delete what is older than "
              + folder.place(name(oldest))
              + ": "
              + StorageCalls.firstLine(e),
          e);
    }
  }

  private void delete(long step) throws IOException {
    if (folder.exists(name(step))) {
      folder.deleteFile(manifest(step));
      folder.deleteTree(name(step));
    }
  }

  private CheckpointException failed(long step, IOException e) {
    return new CheckpointException(
        "checkpoint of step "
            + step
            + " could not be written to "
            + folder.place(name(step))
            + " and does not count: "
            + StorageCalls.firstLine(e),
        e);
  }

  private static String name(long step) {
    return String.format(Locale.ROOT, "step-%08d", step);
  }

  private static String manifest(long step) {
    return name(step) + "/" + Manifest.FILE_NAME;
  }

  /** What the writer of a part says of its files, when they are all there. */
  private String partOf(long step, int part) {
    return String.format(Locale.ROOT, "%s/part-%s-%05d.json", name(step), gang, part);
  }
}
