package dev.annulus.spark.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The built launcher as a user runs it: a process of its own, with a hard deadline. */
final class AnnulusProcess {
  static final Path REPOSITORY = Path.of(System.getProperty("annulus.repository"));
  private static final long DEADLINE_SECONDS = 240;

  private AnnulusProcess() {}

  /** What a finished process left. */
  record Result(int exitCode, String out, String err) {
    /** The last line of standard output, as JSON. */
    JsonNode json() {
      String last = out.strip().lines().reduce("", (a, b) -> b);
      try {
        return new ObjectMapper().readTree(last);
      } catch (IOException e) {
        throw new AssertionError("not JSON: " + last + "\n" + err, e);
      }
    }
  }

  /** Runs {@code ./annulus ARGUMENTS} in {@code folder} to its end. */
  static Result run(Path folder, String... arguments) {
    Process process = start(folder, arguments);
    try {
      if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        throw new AssertionError(
            "not finished after " + DEADLINE_SECONDS + " s: " + String.join(" ", arguments));
      }
      return new Result(
          process.exitValue(),
          Files.readString(folder.resolve("stdout")),
          Files.readString(folder.resolve("stderr")));
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts it; standard output and error go to files of these names in {@code folder}. */
  static Process start(Path folder, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(REPOSITORY.resolve("annulus").toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(folder.toFile());
    builder.environment().put("ANNULUS_HEAP", "1g");
    builder.redirectOutput(folder.resolve("stdout").toFile());
    builder.redirectError(folder.resolve("stderr").toFile());
    try {
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
