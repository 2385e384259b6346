package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * One command, run in this JVM to its end, and what it left on the standard streams.
 *
 * @param seconds it took
 */
record CommandRun(int exitCode, String out, String err, double seconds) {
  /** Runs {@code annulus ARGUMENTS}; no command may print a stack trace, whatever it is given. */
  static CommandRun of(String... arguments) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    long started = System.nanoTime();
    int exitCode;
    System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
    try {
      exitCode = AnnulusCommand.run(arguments);
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
    CommandRun run =
        new CommandRun(
            exitCode,
            outBytes.toString(StandardCharsets.UTF_8),
            errBytes.toString(StandardCharsets.UTF_8),
            (System.nanoTime() - started) / 1e9);
    assertThat(run.out() + run.err())
        .as("a stack trace of %s", String.join(" ", arguments))
        .doesNotContain("\tat ")
        .doesNotContain("Caused by:")
        .doesNotContain("REDACTED");
    return run;
  }

  /** Runs a command that must end well. */
  static CommandRun done(String... arguments) {
    CommandRun run = of(arguments);
    assertThat(run.exitCode()).as(run.err() + run.out()).isZero();
    return run;
  }

  /** The lines of standard error that tell what is wrong, without their mark. */
  List<String> errors() {
    return err.lines()
        .filter(line -> line.startsWith("error: "))
        .map(line -> line.substring(7))
        .toList();
  }

  /** The last line of standard output, as JSON. */
  JsonNode json() {
    String last = out.lines().reduce("", (a, b) -> b);
    try {
      return new ObjectMapper().readTree(last);
    } catch (IOException e) {
      throw new AssertionError("not JSON: " + last + "\n" + err, e);
    }
  }

  /**
   * The command must have ended with 2 and told exactly this many problems, and nothing else on
   * standard error.
   */
  CommandRun wrongInput(String... problems) {
    assertThat(exitCode).as(err).isEqualTo(AnnulusCommand.WRONG_INPUT);
    assertThat(err.lines().map(line -> line.startsWith("error: "))).as(err).containsOnly(true);
    assertThat(errors()).hasSize(problems.length);
    for (int i = 0; i < problems.length; i++) {
      assertThat(errors().get(i)).contains(problems[i]);
    }
    return this;
  }
}
