package dev.annulus.spark.command;

import dev.annulus.spark.console.Console;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * What every command takes: {@code --quiet}, {@code --json}, and {@code key=value} overrides after
 * its options.
 */
final class CommonOptions {
  @Option(names = "--quiet", description = "Nothing for people on standard output.")
  boolean quiet;

  @Option(
      names = "--json",
      description = "The last line of standard output is one JSON object with the result.")
  boolean json;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  boolean help;

  @Parameters(
      paramLabel = "KEY=VALUE",
      arity = "0..*",
      description = "Overrides of the configuration, for example stages.0.steps=20.")
  List<String> overrides = new ArrayList<>();

  Console console() {
    return new Console(System.out, System.err, quiet, json);
  }
}
