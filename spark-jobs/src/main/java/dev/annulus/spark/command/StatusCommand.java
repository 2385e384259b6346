package dev.annulus.spark.command;

import dev.annulus.spark.console.Console;
import dev.annulus.spark.watch.StatusFile;
import dev.annulus.spark.watch.StatusReport;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code status}: the table of ranks of a run that is under way, or was. */
@Command(
    name = "status",
    description = "How a run stands: its step, and what each worker does or waits for.")
final class StatusCommand implements Callable<Integer> {
  @Parameters(paramLabel = "OUTPUT_DIR", description = "run.output_dir of the run")
  Path outputDir;

  @Mixin OutputOptions output = new OutputOptions();

  @Override
  public Integer call() {
    Console console = output.console();
    StatusReport report = StatusFile.read(outputDir);
    report.print(console, System.currentTimeMillis());
    console.result(StatusFile.toJson(report));
    return 0;
  }
}
