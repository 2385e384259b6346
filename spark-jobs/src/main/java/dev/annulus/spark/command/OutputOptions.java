package dev.annulus.spark.command;

import dev.annulus.spark.console.Console;
import picocli.CommandLine.Option;

/** What every command takes for its output: {@code --quiet} and {@code --json}; and help. */
class OutputOptions {
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

  Console console() {
    return new Console(System.out, System.err, quiet, json);
  }
}
