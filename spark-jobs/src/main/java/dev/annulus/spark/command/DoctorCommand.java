package dev.annulus.spark.command;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.RunConfigReader;
import dev.annulus.spark.console.Console;
import dev.annulus.spark.doctor.Doctor;
import dev.annulus.spark.doctor.cluster.ClusterReport;
import dev.annulus.spark.job.ClusterCheckJob;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code doctor}: what this machine, or a cluster, offers and what a run would miss. */
@Command(
    name = "doctor",
    description = {
      "What this machine offers, what a run would use, and what is missing.",
      "With --cluster: the same of all hosts of a cluster and of the network between them."
    })
final class DoctorCommand implements Callable<Integer> {
  private static final int MOST_SECONDS = 3600;

  @Mixin CommonOptions options;

  @Option(
      names = "--cluster",
      description =
          "Start workers on the cluster, measure every pair of them, and say what would hold a run"
              + " back. Exit code 1 if anything would.")
  boolean cluster;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "run.yaml: its workers, transport, model and output directory are what is checked."
              + " Without it, one worker in each slot.")
  Path config;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "What the check of a cluster may take; default 120, however many workers.")
  Integer seconds;

  @Override
  public Integer call() throws IOException {
    Console console = options.console();
    if (!cluster && (config != null || seconds != null)) {
      throw new InvalidInputException(
          "command line",
          config != null ? "--config without --cluster" : "--seconds without --cluster",
          "doctor --cluster");
    }
    if (seconds != null && (seconds < 1 || seconds > MOST_SECONDS)) {
      throw new InvalidInputException(
          "--seconds", seconds.toString(), "between 1 and " + MOST_SECONDS);
    }
    if (cluster) {
      return checkCluster(console);
    }
    Doctor.Report report = Doctor.examine(NoConfigOverrides.check(options.overrides));
    console.say(report.toText());
    console.result(report.toJson());
    return report.isHealthy() ? 0 : 1;
  }

  private int checkCluster(Console console) throws IOException {
    int budget = seconds == null ? ClusterCheckJob.SECONDS : seconds;
    ClusterReport report =
        config == null
            ? ClusterCheckJob.ofAllSlots(
                NoConfigOverrides.check(options.overrides), budget, console)
            : ClusterCheckJob.ofRun(
                RunConfigReader.read(config, options.overrides), budget, console);
    console.say(report.toText());
    console.result(report.toJson());
    return report.isFit() ? 0 : 1;
  }
}
