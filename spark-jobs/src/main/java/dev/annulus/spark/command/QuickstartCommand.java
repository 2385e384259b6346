package dev.annulus.spark.command;

import dev.annulus.spark.console.Console;
import dev.annulus.spark.quickstart.Quickstart;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code quickstart}: the main job end to end on this machine, on real text. */
@Command(
    name = "quickstart",
    description = "The main job end to end on this machine, on real text; some minutes.")
final class QuickstartCommand implements Callable<Integer> {
  @Mixin CommonOptions options;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      defaultValue = "runs/quickstart",
      description = "default ${DEFAULT-VALUE}; emptied if an earlier quickstart made it")
  Path output;

  @Option(
      names = "--corpus",
      paramLabel = "DIR",
      defaultValue = "${sys:annulus.corpus:-quickstart}",
      description = "folder with jars of source files; the launcher names the one the build fills")
  Path corpus;

  @Override
  public Integer call() throws IOException {
    Console console = options.console();
    console.result(new Quickstart(corpus, output, options.overrides, console).run());
    return 0;
  }
}
