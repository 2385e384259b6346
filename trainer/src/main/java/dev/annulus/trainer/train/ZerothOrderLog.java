package dev.annulus.trainer.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.annulus.trainer.checkpoint.CheckpointException;
import dev.annulus.trainer.huggingface.DurableFiles;
import dev.annulus.trainer.optimizer.ZerothOrderUpdate;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code zo_sgd.jsonl}: an update a line, each on the disk before the next step begins. A run goes
 * on from it without doing the steps again.
 */
final class ZerothOrderLog {
  /** In a run's output directory. */
  static final String FILE_NAME = "zo_sgd.jsonl";

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(
              DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
              DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .build();

  private final Path file;

  private ZerothOrderLog(Path file) {
    this.file = file;
  }

  /** Opens the log and keeps of it only the steps up to {@code lastStep}; makes no empty file. */
  static ZerothOrderLog openAt(Path file, long lastStep) {
    if (Files.exists(file)) {
      StringBuilder kept = new StringBuilder();
      for (ZerothOrderUpdate update : read(file)) {
        if (update.step() <= lastStep) {
          kept.append(line(update));
        }
      }
      try {
        DurableFiles.write(file, kept.toString().getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw new CheckpointException("cannot rewrite " + file + ": " + e.getMessage(), e);
      }
    }
    return new ZerothOrderLog(file);
  }

  /** Adds a line and waits until it lies on the disk. */
  void append(ZerothOrderUpdate update) {
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
      ByteBuffer bytes = ByteBuffer.wrap(line(update).getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    } catch (IOException e) {
      throw new CheckpointException("cannot append to " + file + ": " + e.getMessage(), e);
    }
  }

  /** The updates up to the first line that is none: what a crash tore has no successor. */
  static List<ZerothOrderUpdate> read(Path file) {
    List<ZerothOrderUpdate> updates = new ArrayList<>();
    try {
      for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
        updates.add(JSON.readValue(line, ZerothOrderUpdate.class));
      }
    } catch (JsonProcessingException e) {
      return updates;
    } catch (IOException e) {
      throw new CheckpointException("cannot read " + file + ": " + e.getMessage(), e);
    }
    return updates;
  }

  private static String line(ZerothOrderUpdate update) {
    try {
      return JSON.writeValueAsString(update) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of numbers and texts is JSON", e);
    }
  }
}
