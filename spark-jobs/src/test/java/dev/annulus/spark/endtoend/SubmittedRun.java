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
    TinyRun run = TinyRun.write(temporary.resolve("submitted"), 2, 1);
    // Executors do not share the driver's folder: paths must be absolute, and the master is
    // spark-submit's.
    String yaml =
        Files.readString(run.folder().resolve("run.yaml"))
            .replace("output_dir: out", "output_dir: " + run.folder().resolve("out"))
            .replace("path: docs.jsonl", "path: " + run.folder().resolve("docs.jsonl"))
            .replace("spark: {master: \"local[2]\"}", "");
    Files.writeString(run.folder().resolve("run.yaml"), yaml);
    return new SubmittedRun(run, submit(temporary, run.folder(), conf, overrides));
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

  private static Process submit(
      Path temporary, Path folder, List<String> conf, List<String> overrides) throws IOException {
    Path target = AnnulusProcess.REPOSITORY.resolve("spark-jobs/target");
    Path sparkHome = temporary.resolve("spark");
    Path jars = Files.createDirectories(sparkHome.resolve("jars"));
    String classpath = Files.readString(target.resolve("spark.classpath")).strip();
    for (String jar : classpath.split(":", -1)) {
      Path link = jars.resolve(Path.of(jar).getFileName());
      if (!Files.exists(link)) {
        Files.createSymbolicLink(link, Path.of(jar));
      }
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    // What bin/spark-submit adds by itself, and the two options that the README names.
    command.addAll(
        List.of(org.apache.spark.launcher.JavaModuleOptions.defaultModuleOptions().split(" ", -1)));
    command.addAll(
        List.of(
            "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
            "-XX:MaxDirectMemorySize=1t",
            "-Xmx1g",
            "-cp",
            jars + "/*",
            "org.apache.spark.deploy.SparkSubmit",
            "--master",
            "local-cluster[2,1,1024]",
            "--class",
            "dev.annulus.spark.Annulus"));
    List<String> properties = new ArrayList<>(conf);
    properties.add("spark.executor.memory=1g");
    properties.add("spark.ui.enabled=false");
    properties.add("spark.authenticate=true");
    properties.add("spark.authenticate.secret=" + SECRET);
    for (String property : properties) {
      command.add("--conf");
      command.add(property);
    }
    command.add(target.resolve("annulus.jar").toString());
    command.addAll(List.of("train", "--config", folder.resolve("run.yaml").toString()));
    command.addAll(overrides);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(folder.toFile());
    builder.environment().put("SPARK_HOME", sparkHome.toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.13");
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.redirectErrorStream(true);
    builder.redirectOutput(folder.resolve("output").toFile());
    return builder.start();
  }
}
