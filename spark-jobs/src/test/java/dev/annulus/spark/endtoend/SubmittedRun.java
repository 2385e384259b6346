package dev.annulus.spark.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A tiny run under spark-submit (SparkSubmit's class, as the distribution's script starts it), with
 * a master, two workers and their executors as processes of this machine. Its secret is Spark's.
 */
final class SubmittedRun {
  static final String SECRET = "only this test's cluster knows it";

  private final TinyRun run;
  private final Process process;

  private SubmittedRun(TinyRun run, Process process) {
    this.run = run;
    this.process = process;
  }

  /**
   * Submits the run of {@link TinyRun#write} that lies in {@code temporary}/submitted.
   *
   * @param conf more properties of Spark, {@code key=value}
   * @param overrides of the run's configuration
   */
  static SubmittedRun start(Path temporary, List<String> conf, List<String> overrides)
      throws IOException {
    TinyRun run = TinyRun.write(temporary.resolve("submitted"), 2, 1).submittable();
    List<String> arguments =
        new ArrayList<>(List.of("train", "--config", run.folder().resolve("run.yaml").toString()));
    arguments.addAll(overrides);
    return new SubmittedRun(run, submit(temporary, run.folder(), conf, arguments));
  }

  TinyRun run() {
    return run;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  String output() throws IOException {
    return Files.readString(run.folder().resolve("output"));
  }

  /** The processes that run workers now. */
  List<ProcessHandle> executors() {
    return process
        .descendants()
        .filter(
            child -> child.info().commandLine().orElse("").contains("CoarseGrainedExecutorBackend"))
        .toList();
  }

  /** Waits for the end, which must be a good one; gives what it said. */
  String awaitSuccess(int seconds) throws IOException, InterruptedException {
    boolean finished = process.waitFor(seconds, TimeUnit.SECONDS);
    kill();
    assertThat(finished).as(output()).isTrue();
    assertThat(process.exitValue()).as(output()).isZero();
    return output();
  }

  /** Waits for the end, whatever it is; gives its exit code. */
  int awaitExit(int seconds) throws IOException, InterruptedException {
    boolean finished = process.waitFor(seconds, TimeUnit.SECONDS);
    kill();
    assertThat(finished).as(output()).isTrue();
    return process.exitValue();
  }

  /** Leaves nothing behind, however it stands. */
  void kill() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  /**
   * Submits a command.
   *
   * @param folder to run in; what it says goes to {@code output} there
   * @param arguments of the command line
   */
  static Process submit(Path temporary, Path folder, List<String> conf, List<String> arguments)
      throws IOException {
    SparkHome spark = SparkHome.link(temporary.resolve("spark"));
    // The two options that the README names.
    List<String> command =
        spark.java(
            "1g",
            List.of(
                "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                "-XX:MaxDirectMemorySize=1t"),
            "org.apache.spark.deploy.SparkSubmit");
    command.addAll(
        List.of("--master", "local-cluster[2,1,1024]", "--class", "dev.annulus.spark.Annulus"));
    List<String> properties = new ArrayList<>(conf);
    properties.add("spark.executor.memory=1g");
    properties.add("spark.ui.enabled=false");
    properties.add("spark.authenticate=true");
    properties.add("spark.authenticate.secret=" + SECRET);
    for (String property : properties) {
      command.add("--conf");
      command.add(property);
    }
    command.add(SparkHome.APPLICATION.toString());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(folder.toFile());
    builder.environment().putAll(spark.environment("127.0.0.1"));
    builder.redirectErrorStream(true);
    builder.redirectOutput(folder.resolve("output").toFile());
    return builder.start();
  }
}
