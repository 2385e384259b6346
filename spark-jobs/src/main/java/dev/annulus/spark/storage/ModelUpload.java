package dev.annulus.spark.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * A Hugging Face folder, written to a storage. Its {@code config.json} comes last and goes first:
 * without it nobody takes the folder for a model.
 */
final class ModelUpload {
  private static final String LAST = "config.json";

  private final RemoteFolder remote;

  ModelUpload(RemoteFolder remote) {
    this.remote = remote;
  }

  void write(Path model, String name) throws IOException {
    remote.deleteFile(name + "/" + LAST);
    remote.deleteTree(name);
    for (Path file : files(model)) {
      String target = name + "/" + file.getFileName();
      remote.write(
          target,
          channel -> {
            try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
              long bytes = in.size();
              for (long done = 0; done < bytes; ) {
                done += in.transferTo(done, bytes - done, channel);
              }
            }
          });
    }
    remote.publish(name + "/" + LAST, Files.readAllBytes(model.resolve(LAST)));
  }

  private static List<Path> files(Path model) throws IOException {
    try (Stream<Path> files = Files.list(model)) {
      return files.filter(file -> !file.getFileName().toString().equals(LAST)).sorted().toList();
    }
  }
}
