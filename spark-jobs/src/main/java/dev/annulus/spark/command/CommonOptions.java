package dev.annulus.spark.command;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Parameters;

/** What commands with a configuration take: {@code key=value} overrides after their options. */
final class CommonOptions extends OutputOptions {
  @Parameters(
      paramLabel = "KEY=VALUE",
      arity = "0..*",
      description = "Overrides of the configuration, for example stages.0.steps=20.")
  List<String> overrides = new ArrayList<>();
}
