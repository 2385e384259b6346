package dev.annulus.trainer.train;

import dev.annulus.trainer.checkpoint.CheckpointException;
import dev.annulus.trainer.checkpoint.CheckpointFile;
import dev.annulus.trainer.checkpoint.CheckpointStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The thread that writes a rank's parts of checkpoints. Rank 0's completes them: it looks for the
 * parts of the others where they all write, and so needs no word of their training threads.
 */
final class CheckpointWriter {
  /** Between two looks for the parts of others, at most. */
  private static final long PAUSE_MS = 200;

  private final CheckpointStore store;
  private final int rank;
  private final int ranks;
  private final int keep;
  private final Duration deadline;
  private final LongSupplier nanoClock;
  private final ExecutorService thread;
  private final CountDownLatch over = new CountDownLatch(1);

  /**
   * Of one rank.
   *
   * @param keep how many complete checkpoints stay
   * @param deadline for the parts of the others
   */
  CheckpointWriter(
      CheckpointStore store,
      int rank,
      int ranks,
      int keep,
      Duration deadline,
      LongSupplier nanoClock) {
    this.store = store;
    this.rank = rank;
    this.ranks = ranks;
    this.keep = keep;
    this.deadline = deadline;
    this.nanoClock = nanoClock;
    this.thread =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("checkpoints of rank " + rank).factory());
  }

  /** Begins to write this rank's part; done when it is written, on rank 0 the whole checkpoint. */
  Future<?> write(long step, List<CheckpointFile> files) {
    return thread.submit(
        () -> {
          store.writePart(step, rank, files);
          finish(step);
        });
  }

  /** The same where this rank's part is written already. */
  Future<?> complete(long step) {
    return thread.submit(() -> finish(step));
  }

  /**
   * Interrupts what is being written.
   *
   * @return whether it ended within that time
   */
  boolean stop(Duration time) {
    over.countDown();
    thread.shutdownNow();
    try {
      return thread.awaitTermination(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  private void finish(long step) {
    if (rank == 0) {
      awaitParts(step);
      store.commit(step, ranks);
      store.keepNewest(keep);
    }
  }

  private void awaitParts(long step) {
    long started = nanoClock.getAsLong();
    long pauseMs = 1;
    while (!store.hasParts(step, ranks)) {
      if (nanoClock.getAsLong() - started > deadline.toNanos()) {
        throw new CheckpointException(
            "checkpoint of step "
                + step
                + " in "
                + store.location()
                + ": not all ranks have written their part after "
                + deadline,
            null);
      }
      if (isOver(pauseMs)) {
        throw new CancellationException("nobody waits for the checkpoint of step " + step);
      }
      pauseMs = Math.min(2 * pauseMs, PAUSE_MS);
    }
  }

  /** Whether the run ends within that time. */
  private boolean isOver(long milliseconds) {
    try {
      return over.await(milliseconds, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }
}
