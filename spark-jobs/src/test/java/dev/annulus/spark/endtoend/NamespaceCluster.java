package dev.annulus.spark.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A standalone cluster of Spark on hosts of their own: the master and the drivers on the first, a
 * worker on each other. Spark's own processes ask each other for a secret.
 */
final class NamespaceCluster implements AutoCloseable {
  static final String SECRET = "only these hosts know it";
  static final int MASTER = 0;

  /** Half the time that a JVM takes to do its first work is that of its best compiler. */
  static final List<String> SHORT_LIVED = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  /** The same for executors. */
  static final List<String> QUICK_EXECUTORS =
      List.of("spark.executor.extraJavaOptions=" + String.join(" ", SHORT_LIVED));

  /** The two options that the README names, and those of a JVM that is soon over. */
  private static final List<String> DRIVER_OPTIONS =
      List.of(
          "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
          "-XX:MaxDirectMemorySize=1t",
          SHORT_LIVED.get(0),
          SHORT_LIVED.get(1));

  private static final Duration START = Duration.ofMinutes(2);

  private final Namespaces network;
  private final SparkHome spark;
  private final Path folder;
  private final Path properties;
  private final int slots;
  private final Map<Integer, Process> workers = new HashMap<>();
  private int started;

  private NamespaceCluster(Namespaces network, SparkHome spark, Path folder, int slots)
      throws IOException {
    this.network = network;
    this.spark = spark;
    this.folder = Files.createDirectories(folder);
    this.slots = slots;
    this.properties =
        Files.writeString(
            folder.resolve("spark.properties"),
            """
            spark.authenticate         true
            spark.authenticate.secret  %s
            spark.ui.enabled           false
            """
                .formatted(SECRET));
  }

  /**
   * Starts it and waits until all workers are there.
   *
   * @param folder for its logs and what executors leave
   * @param slots cores of each worker
   */
  static NamespaceCluster start(Path folder, int workers, int slots) throws IOException {
    Namespaces network = Namespaces.open(1 + workers);
    try {
      NamespaceCluster cluster =
          new NamespaceCluster(network, SparkHome.link(folder.resolve("spark")), folder, slots);
      cluster.startMaster();
      for (int host = 1; host <= workers; host++) {
        cluster.startWorker(host);
      }
      cluster.awaitWorkers();
      return cluster;
    } catch (IOException | RuntimeException | AssertionError e) {
      network.close();
      throw e;
    }
  }

  Namespaces network() {
    return network;
  }

  String master() {
    return "spark://" + network.address(MASTER) + ":7077";
  }

  private void startMaster() {
    Path log = folder.resolve("master.log");
    List<String> command = spark.java("256m", SHORT_LIVED, "org.apache.spark.deploy.master.Master");
    command.addAll(
        List.of("--host", network.address(MASTER), "--port", "7077", "--webui-port", "0"));
    command.addAll(List.of("--properties-file", properties.toString()));
    start(MASTER, command, log);
    awaitLine(log, "I have been elected leader", 1);
  }

  /** Starts the worker of a host, the first or after it was killed. */
  void startWorker(int host) {
    List<String> command = spark.java("256m", SHORT_LIVED, "org.apache.spark.deploy.worker.Worker");
    command.addAll(List.of("--host", network.address(host), "--webui-port", "0"));
    command.addAll(List.of("--cores", String.valueOf(slots), "--memory", slots + "g"));
    command.addAll(List.of("--work-dir", folder.resolve("work" + host).toString()));
    command.addAll(List.of("--properties-file", properties.toString(), master()));
    started++;
    workers.put(host, start(host, command, folder.resolve("worker" + started + ".log")));
  }

  /** Waits until the master knows every worker that was started. */
  void awaitWorkers() {
    awaitLine(folder.resolve("master.log"), "Registering worker", started);
  }

  private void awaitLine(Path log, String text, int times) {
    Await.until(
        times + " times \"" + text + "\" in " + log.getFileName(),
        START,
        () -> read(log).lines().filter(line -> line.contains(text)).count() >= times,
        () -> read(log));
  }

  /**
   * Submits a run to its end as the README says, one core a worker.
   *
   * @param run made for submission
   * @param conf more properties of Spark, {@code key=value}
   * @param overrides of the run's configuration
   */
  Process submit(TinyRun run, List<String> conf, List<String> overrides) {
    List<String> command = spark.java("1g", DRIVER_OPTIONS, "org.apache.spark.deploy.SparkSubmit");
    command.addAll(List.of("--class", "dev.annulus.spark.Annulus", "--master", master()));
    command.addAll(List.of("--properties-file", properties.toString()));
    command.addAll(List.of("--conf", "spark.executor.cores=1", "--total-executor-cores", "4"));
    for (String property : conf) {
      command.addAll(List.of("--conf", property));
    }
    command.add(SparkHome.APPLICATION.toString());
    command.addAll(List.of("train", "--config", run.folder().resolve("run.yaml").toString()));
    command.addAll(overrides);
    return start(MASTER, command, run.folder().resolve("output"));
  }

  private Process start(int host, List<String> command, Path log) {
    ProcessBuilder builder = new ProcessBuilder(network.command(host, command));
    builder.directory(folder.toFile());
    builder.environment().putAll(spark.environment(network.address(host)));
    builder.environment().put("OPENBLAS_NUM_THREADS", "1");
    builder.redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    try {
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The processes of a host that run workers of a run now. */
  List<ProcessHandle> executors(int host) {
    return network.processes(host).stream()
        .filter(
            process ->
                process.info().commandLine().orElse("").contains("CoarseGrainedExecutorBackend"))
        .toList();
  }

  /** Of all hosts. */
  List<ProcessHandle> executors() {
    List<ProcessHandle> all = new ArrayList<>();
    for (int host = 1; host < network.hosts(); host++) {
      all.addAll(executors(host));
    }
    return all;
  }

  /** The worker process of a host, which starts executors there. */
  ProcessHandle worker(int host) {
    return workers.get(host).toHandle();
  }

  /** Ends all that runs on a host, at once. */
  void kill(int host) {
    Await.until(
        "the end of host " + host,
        Duration.ofSeconds(20),
        () -> {
          List<ProcessHandle> running = network.processes(host);
          running.forEach(ProcessHandle::destroyForcibly);
          return running.isEmpty();
        },
        () -> network.processes(host).toString());
  }

  /** What lies in the shared memory of a host. */
  List<String> sharedMemory(int host) {
    // A process's root is seen through its own mounts.
    try (var entries =
        Files.list(Path.of("/proc", "" + worker(host).pid(), "root", "dev", "shm"))) {
      return entries.map(entry -> entry.getFileName().toString()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path log) {
    try {
      return Files.exists(log) ? Files.readString(log) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    network.close();
  }
}
