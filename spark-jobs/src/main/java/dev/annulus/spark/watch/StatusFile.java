package dev.annulus.spark.watch;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.annulus.config.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.function.Consumer;

/**
 * {@code status.json} in a run's output directory: replaced as a whole by the driver every few
 * seconds, so whoever reads it sees one moment.
 */
public final class StatusFile {
  /** Of the file in the output directory. */
  public static final String NAME = "status.json";

  /** How often the driver writes it. */
  public static final int EVERY_SECONDS = 2;

  private static final JsonMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  private final GangView view;
  private final Path folder;
  private final String run;
  private final long steps;
  private final Consumer<String> warn;
  private boolean warned;

  /**
   * @param folder of the run's output; made if it is not there
   * @param steps of the whole run
   * @param warn told once if it cannot be written: no reason to stop a run
   */
  public StatusFile(GangView view, Path folder, String run, long steps, Consumer<String> warn) {
    this.view = view;
    this.folder = folder;
    this.run = run;
    this.steps = steps;
    this.warn = warn;
  }

  /** Replaces what is there. */
  public synchronized void write(StatusReport.State state) {
    StatusReport report =
        StatusReport.of(view, run, steps, state, System.currentTimeMillis(), EVERY_SECONDS);
    try {
      Files.createDirectories(folder);
      Path aside = folder.resolve("." + NAME);
      Files.write(aside, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(report));
      Files.move(
          aside,
          folder.resolve(NAME),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      if (!warned) {
        warned = true;
        warn.accept(NAME + " cannot be written to " + folder + ": " + e.getMessage());
      }
    }
  }

  /** The same keys as in the file. */
  public static Map<String, Object> toJson(StatusReport report) {
    return JSON.convertValue(report, new TypeReference<Map<String, Object>>() {});
  }

  /**
   * What a run's folder holds.
   *
   * @throws InvalidInputException if there is none, or none of this version
   */
  public static StatusReport read(Path folder) {
    Path file = folder.resolve(NAME);
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(
          file.toString(), "no such file", "the output directory of a run that has started");
    }
    try {
      return JSON.readValue(Files.readAllBytes(file), StatusReport.class).check(file.toString());
    } catch (JacksonException e) {
      throw new InvalidInputException(file.toString(), "damaged", "what a driver wrote", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }
}
