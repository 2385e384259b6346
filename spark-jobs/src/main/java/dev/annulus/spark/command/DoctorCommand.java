package dev.annulus.spark.command;

import dev.annulus.spark.console.Console;
import dev.annulus.spark.doctor.Doctor;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code doctor}: what this machine offers, what a run would use, what is missing. */
@Command(
    name = "doctor",
    description = "What this machine offers, what a run would use, and what is missing.")
final class DoctorCommand implements Callable<Integer> {
  @Mixin CommonOptions options;

  @Override
  public Integer call() {
    Console console = options.console();
    Doctor.Report report = Doctor.examine(NoConfigOverrides.check(options.overrides));
    console.say(report.toText());
    console.result(report.toJson());
    return report.isHealthy() ? 0 : 1;
  }
}
