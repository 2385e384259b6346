package dev.annulus.spark.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A short command of the system, run to its end. */
final class SystemCommand {
  private static final long DEADLINE_SECONDS = 20;

  private SystemCommand() {}

  /**
   * What a command left.
   *
   * @param output standard output and error
   */
  record Result(int exitCode, String output) {}

  /** Runs it; one that fails is an error of the test, with all it said. */
  static String run(String... command) {
    Result result = attempt(command);
    if (result.exitCode() != 0) {
      throw new AssertionError(
          String.join(" ", command) + ": exit code " + result.exitCode() + ": " + result.output());
    }
    return result.output();
  }

  /**
   * Runs it, whatever comes of it; a command that is not there has exit code 127. An interrupt is
   * kept for later: what a test has made is to be removed whatever ends the test.
   */
  static Result attempt(String... command) {
    boolean interrupted = Thread.interrupted();
    try {
      Process process = new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      while (true) {
        try {
          if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("not finished: " + String.join(" ", command));
          }
          return new Result(process.exitValue(), output);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (IOException e) {
      if (String.valueOf(e.getMessage()).contains("No such file")) {
        return new Result(127, command[0] + " is not installed");
      }
      throw new UncheckedIOException(e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
