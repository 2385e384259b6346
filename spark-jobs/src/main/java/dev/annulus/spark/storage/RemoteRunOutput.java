package dev.annulus.spark.storage;

import dev.annulus.config.RunConfig;
import dev.annulus.trainer.checkpoint.CheckpointException;
import dev.annulus.trainer.checkpoint.CheckpointStore;
import dev.annulus.trainer.huggingface.DurableFiles;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;

/**
 * An output that is not mounted. The run's files are written in a folder of this machine and kept
 * on the storage from there: logs as whole files, every half minute and before a checkpoint counts,
 * the trained model at the end.
 */
final class RemoteRunOutput implements RunOutput {
  /** What a run that goes on reads of what it left. */
  private static final List<String> LOGS = List.of("metrics.jsonl", "zo_sgd.jsonl");

  private static final String CURVES = "tensorboard";
  private static final String MODEL = "final";
  private static final Duration EVERY = Duration.ofSeconds(30);
  private static final Duration ENDING = Duration.ofSeconds(10);

  private final RemoteFolder remote;
  private final Path folder;
  private final LogUploads logs;
  private final CheckpointStore checkpoints;
  private final boolean writes;
  private final Consumer<String> notices;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("run-logs").factory());
  private boolean warned;

  private RemoteRunOutput(
      RemoteFolder remote, Path folder, boolean writes, String gang, Consumer<String> notices) {
    this.remote = remote;
    this.folder = folder;
    this.writes = writes;
    this.notices = notices;
    this.logs = new LogUploads(folder, remote, List.of(MODEL));
    this.checkpoints =
        new HadoopCheckpointStore(
            remote.below("checkpoints"), gang, temporary(), writes ? logs::upload : () -> {});
  }

  static RemoteRunOutput open(
      RunConfig config,
      Configuration hadoop,
      boolean writes,
      String gang,
      Consumer<String> notices) {
    String location = config.run().outputDir();
    try {
      RemoteFolder remote = RemoteFolder.of(location, hadoop, StorageCalls.of(config.checkpoint()));
      Path folder = Files.createTempDirectory(temporary(), "annulus-run-");
      RemoteRunOutput output = new RemoteRunOutput(remote, folder, writes, gang, notices);
      if (writes) {
        output.begin();
      }
      return output;
    } catch (IOException e) {
      throw new CheckpointException(
          "cannot use run.output_dir " + location + ": " + StorageCalls.firstLine(e), e);
    }
  }

  /** For copies of this process; on YARN and Kubernetes the container's own. */
  static Path temporary() {
    return Path.of(System.getProperty("java.io.tmpdir"));
  }

  private void begin() throws IOException {
    for (String name : LOGS) {
      try {
        Files.write(folder.resolve(name), remote.readPublished(name));
      } catch (FileNotFoundException e) {
        continue;
      }
      logs.isKept(name);
    }
    // A file of curves must not get the name of one that is there; what is in those nobody reads.
    for (String name : remote.names(CURVES)) {
      Files.createDirectories(folder.resolve(CURVES));
      Files.createFile(folder.resolve(CURVES).resolve(name));
      logs.isKept(CURVES + "/" + name);
    }
    var _ =
        clock.scheduleWithFixedDelay(
            this::uploadOrWarn, EVERY.toSeconds(), EVERY.toSeconds(), TimeUnit.SECONDS);
  }

  private void uploadOrWarn() {
    try {
      logs.upload();
    } catch (IOException | RuntimeException e) {
      if (!warned) {
        warned = true;
        notices.accept(
            "warning: the run's logs cannot be kept in "
                + remote.place("")
                + " for now: "
                + StorageCalls.firstLine(e));
      }
    }
  }

  @Override
  public Path folder() {
    return folder;
  }

  @Override
  public CheckpointStore checkpoints() {
    return checkpoints;
  }

  @Override
  public String told(String message) {
    return message.replace(folder.toString(), remote.place(""));
  }

  @Override
  public void finish() {
    if (!writes) {
      return;
    }
    try {
      logs.upload();
      new ModelUpload(remote).write(folder.resolve(MODEL), MODEL);
    } catch (IOException e) {
      throw new CheckpointException(
          "the trained model could not be written to "
              + remote.place(MODEL)
              + ": "
              + StorageCalls.firstLine(e),
          e);
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
    try {
      boolean ended = clock.awaitTermination(ENDING.toSeconds(), TimeUnit.SECONDS);
      if (writes && ended) {
        uploadOrWarn();
      }
      DurableFiles.deleteTree(folder);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      notices.accept("warning: cannot delete " + folder + ": " + e.getMessage());
    }
  }
}
