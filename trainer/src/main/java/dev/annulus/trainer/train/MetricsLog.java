package dev.annulus.trainer.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.annulus.trainer.checkpoint.CheckpointException;
import dev.annulus.trainer.huggingface.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code metrics.jsonl}: one object a step. When a run resumes, the steps behind its checkpoint are
 * done again, so their lines are dropped first: every step stands there once.
 */
public final class MetricsLog {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .build();

  private final Path file;
  private final List<StepReport> reports = new ArrayList<>();

  private MetricsLog(Path file) {
    this.file = file;
  }

  /** Opens the log and keeps of it only the steps up to {@code lastStep}. */
  static MetricsLog openAt(Path file, long lastStep) {
    MetricsLog log = new MetricsLog(file);
    try {
      StringBuilder kept = new StringBuilder();
      for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
        StepReport report = parse(line);
        // A line that a crash tore has no successor, and one out of order is not ours.
        if (report == null || report.step() > lastStep) {
          break;
        }
        log.reports.add(report);
        kept.append(line).append('\n');
      }
      DurableFiles.write(file, kept.toString().getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new CheckpointException("cannot rewrite " + file + ": " + e.getMessage(), e);
    }
    return log;
  }

  /** Adds a line. */
  void append(StepReport report) {
    try {
      String line = JSON.writeValueAsString(report) + "\n";
      Files.writeString(file, line, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new CheckpointException("cannot append to " + file + ": " + e.getMessage(), e);
    }
    reports.add(report);
  }

  /** All lines, in order. */
  List<StepReport> reports() {
    return List.copyOf(reports);
  }

  /** The line of a step, if the log has one; changes nothing. */
  public static Optional<StepReport> find(Path file, long step) {
    try {
      return Files.exists(file) ? find(Files.readAllBytes(file), step) : Optional.empty();
    } catch (IOException e) {
      throw new CheckpointException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /** The line of a step, if a log with these bytes has one. */
  public static Optional<StepReport> find(byte[] log, long step) {
    return new String(log, StandardCharsets.UTF_8)
        .lines()
        .map(MetricsLog::parse)
        .filter(report -> report != null && report.step() == step)
        .findFirst();
  }

  private static StepReport parse(String line) {
    try {
      return JSON.readValue(line, StepReport.class);
    } catch (JsonProcessingException e) {
      return null;
    }
  }
}
