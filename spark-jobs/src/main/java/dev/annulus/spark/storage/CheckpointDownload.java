package dev.annulus.spark.storage;

import dev.annulus.trainer.checkpoint.DamagedCheckpointException;
import dev.annulus.trainer.checkpoint.HashingChannel;
import dev.annulus.trainer.checkpoint.Manifest;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A checkpoint, copied to this machine, its checksums taken on the way. A file that is not what the
 * manifest says is a damage; a file system that cannot be read is none.
 */
final class CheckpointDownload {
  private final RemoteFolder checkpoint;
  private final long step;

  CheckpointDownload(RemoteFolder checkpoint, long step) {
    this.checkpoint = checkpoint;
    this.step = step;
  }

  void into(Path folder) throws IOException, DamagedCheckpointException {
    Manifest manifest = manifest();
    long needed = manifest.files().stream().mapToLong(Manifest.FileEntry::bytes).sum();
    long room = Files.getFileStore(folder).getUsableSpace();
    if (room < needed) {
      throw new IOException(
          "No space left on device: %d bytes are needed and %d are free (java.io.tmpdir)"
              .formatted(needed, room));
    }
    List<String> damages = new ArrayList<>();
    for (Manifest.FileEntry entry : manifest.files()) {
      fetch(entry, folder, damages);
    }
    if (!damages.isEmpty()) {
      throw new DamagedCheckpointException(checkpoint.place(""), damages);
    }
    Files.write(folder.resolve(Manifest.FILE_NAME), manifest.toJson());
  }

  private Manifest manifest() throws IOException, DamagedCheckpointException {
    byte[] json;
    try {
      json = checkpoint.read(Manifest.FILE_NAME);
    } catch (FileNotFoundException e) {
      throw new DamagedCheckpointException(
          checkpoint.place(""), List.of(Manifest.FILE_NAME + " is missing"));
    }
    return Manifest.parse(json, checkpoint.place(""), step);
  }

  private void fetch(Manifest.FileEntry entry, Path folder, List<String> damages)
      throws IOException {
    Path target = folder.resolve(entry.path()).normalize();
    if (!target.startsWith(folder)) {
      damages.add(entry.path() + " is not a path within a checkpoint");
      return;
    }
    long found = checkpoint.size(entry.path()).orElse(-1);
    if (found != entry.bytes()) {
      entry.damage(found, "").ifPresent(damages::add);
      return;
    }
    Files.createDirectories(target.getParent());
    HashingChannel[] hashing = new HashingChannel[1];
    checkpoint.fetch(
        entry.path(),
        () -> {
          hashing[0] = new HashingChannel(Channels.newChannel(Files.newOutputStream(target)));
          return Channels.newOutputStream(hashing[0]);
        });
    Manifest.FileEntry copied = hashing[0].entry(entry.path());
    entry.damage(copied.bytes(), copied.sha256()).ifPresent(damages::add);
  }
}
