package dev.annulus.spark.command;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.spark.console.Console;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The root of the command line: finds the command, and turns what went wrong into lines for people
 * and an exit code.
 */
@Command(
    name = "annulus",
    description = "Trains long-context language models on Spark.",
    subcommands = {
      QuickstartCommand.class,
      PrepareCommand.class,
      TrainCommand.class,
      MergeCommand.class,
      EvaluateCommand.class,
      GenerateCommand.class,
      StatusCommand.class,
      DoctorCommand.class,
      CommandLine.HelpCommand.class
    },
    footer = {
      "",
      "The launcher also knows: ./annulus test (build and run the test suite), build, format.",
      "Exit codes: 0 done, 2 wrong configuration or input, 1 anything else."
    })
public final class AnnulusCommand implements Runnable {
  static final int WRONG_INPUT = 2;
  static final int FAILED = 1;

  @CommandLine.Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  boolean help;

  @CommandLine.Spec CommandLine.Model.CommandSpec spec;

  private AnnulusCommand() {}

  /** Runs one command; never throws and never ends the JVM. */
  public static int run(String... args) {
    List<String> arguments = Arrays.asList(args);
    Console console =
        new Console(
            System.out, System.err, arguments.contains("--quiet"), arguments.contains("--json"));
    try {
      JavaVersionCheck.require();
    } catch (IllegalStateException e) {
      return report(console, FAILED, List.of(e.getMessage()));
    }
    CommandLine commandLine = new CommandLine(new AnnulusCommand());
    commandLine.setParameterExceptionHandler((e, _) -> usageError(console, e));
    commandLine.setExecutionExceptionHandler((e, _, _) -> failure(console, e));
    try {
      return commandLine.execute(args);
    } catch (Error e) {
      // picocli hands over exceptions only.
      return failure(console, e);
    }
  }

  /** Without a command: say what there is. */
  @Override
  public void run() {
    spec.commandLine().usage(System.out);
  }

  private static int usageError(Console console, ParameterException e) {
    List<String> lines = new ArrayList<>();
    UnmatchedArgumentException unmatched = unmatched(e);
    lines.add(unmatched == null ? e.getMessage() : unmatched.getMessage());
    if (unmatched != null && !unmatched.getSuggestions().isEmpty()) {
      lines.add("did you mean: " + String.join(", ", unmatched.getSuggestions()) + "?");
    }
    lines.add("see: " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help");
    return report(console, WRONG_INPUT, lines);
  }

  /**
   * The arguments that nobody knows, or null. A misspelt option that is required is also missing:
   * the spelling says more.
   */
  private static UnmatchedArgumentException unmatched(ParameterException e) {
    if (e instanceof UnmatchedArgumentException unmatched) {
      return unmatched;
    }
    List<String> unknown = e.getCommandLine().getUnmatchedArguments();
    return e instanceof MissingParameterException && !unknown.isEmpty()
        ? new UnmatchedArgumentException(e.getCommandLine(), unknown)
        : null;
  }

  private static int failure(Console console, Throwable e) {
    if (System.getenv("ANNULUS_DEBUG") != null) {
      e.printStackTrace(console.err());
    }
    InvalidInputException wrong = causeOf(e, InvalidInputException.class);
    if (wrong != null) {
      return report(
          console, WRONG_INPUT, wrong.problems().stream().map(Problem::toString).toList());
    }
    if (causeOf(e, OutOfMemoryError.class) != null) {
      return report(
          console,
          FAILED,
          List.of(
              "out of memory: " + messageOf(e),
              "raise the heap (ANNULUS_HEAP=4g with the launcher, --driver-memory with"
                  + " spark-submit) or make stages shorter"));
    }
    return report(
        console,
        FAILED,
        List.of(messageOf(e), "(ANNULUS_DEBUG=1 in the environment prints where this came from)"));
  }

  private static int report(Console console, int exitCode, List<String> lines) {
    for (String line : lines) {
      console.err().println("error: " + line);
    }
    Map<String, Object> error = new LinkedHashMap<>();
    error.put("exit_code", exitCode);
    error.put("problems", lines);
    console.result(Map.of("error", error));
    return exitCode;
  }

  private static String messageOf(Throwable e) {
    String message = e.getMessage();
    String name = e.getClass().getSimpleName();
    String told =
        message == null || message.isBlank() ? name : message.lines().findFirst().orElse(name);
    // Who wraps a failure of a file says which file; the system says why.
    return e instanceof UncheckedIOException && !told.contains(messageOf(e.getCause()))
        ? told + ": " + messageOf(e.getCause())
        : told;
  }

  private static <T extends Throwable> T causeOf(Throwable e, Class<T> type) {
    int depth = 0;
    for (Throwable t = e; t != null && depth < 20; t = t.getCause(), depth++) {
      if (type.isInstance(t)) {
        return type.cast(t);
      }
    }
    return null;
  }
}
