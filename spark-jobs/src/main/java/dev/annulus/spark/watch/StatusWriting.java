package dev.annulus.spark.watch;

import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Keeps a {@link StatusFile} up to date while a run goes on, on a thread of its own as its disk may
 * hang, and at the end says how it ended.
 */
public final class StatusWriting implements AutoCloseable {
  private static final long LAST_WRITE_SECONDS = 5;

  private final Optional<StatusFile> file;
  private final ScheduledExecutorService thread;
  private StatusReport.State outcome = StatusReport.State.FAILED;

  /**
   * Begins to write.
   *
   * @param file empty if there is to be none
   */
  public StatusWriting(Optional<StatusFile> file) {
    this.file = file;
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("annulus-status").daemon(true).factory());
    var _ =
        thread.scheduleWithFixedDelay(
            () -> write(StatusReport.State.RUNNING), 0, StatusFile.EVERY_SECONDS, TimeUnit.SECONDS);
  }

  private void write(StatusReport.State state) {
    file.ifPresent(status -> status.write(state));
  }

  /** The run has come to its end; without this, closing says that it failed. */
  public void succeeded() {
    outcome = StatusReport.State.FINISHED;
  }

  @Override
  public void close() {
    thread.execute(() -> write(outcome));
    thread.shutdown();
    try {
      if (!thread.awaitTermination(LAST_WRITE_SECONDS, TimeUnit.SECONDS)) {
        thread.shutdownNow();
      }
    } catch (InterruptedException e) {
      thread.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
