package dev.annulus.trainer.train;

import dev.annulus.trainer.checkpoint.CheckpointCopy;
import dev.annulus.trainer.checkpoint.CheckpointException;
import dev.annulus.trainer.checkpoint.CheckpointFile;
import dev.annulus.trainer.checkpoint.CheckpointStore;
import dev.annulus.trainer.checkpoint.ModelTensors;
import dev.annulus.trainer.checkpoint.TrainingState;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.optimizer.AdamWState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Checkpoints that all ranks write while they train on: each copies its part to host memory, and a
 * thread behind it writes the copy. Rank 0's waits for the parts of all, then completes the
 * checkpoint. One is under way at a time; the next waits for it.
 *
 * <p>While one is, the ranks tell each other after every step how far they are. If one could not
 * write, all stop at the same step, what there is of the checkpoint is deleted, and that rank
 * throws.
 *
 * <p>Belongs to the rank's training thread. Closing it lets a checkpoint under way be completed for
 * a short time, as the run may have failed for a reason that a whole checkpoint helps against.
 */
final class BackgroundCheckpoints implements AutoCloseable {
  /** Disks of a cluster can be slow; one that is gone is not waited for. */
  private static final Duration DEADLINE = Duration.ofHours(1);

  private static final Duration GRACE = Duration.ofSeconds(10);

  /** How long a rank waits for itself before it asks the others: less than any link's deadline. */
  private static final long ROUND_MS = 200;

  private static final double WRITING = 0;
  private static final double WRITTEN = 1;
  private static final double FAILED = 2;

  private final WorkerEnvironment environment;
  private final TensorCollectives world;
  private final CheckpointStore store;
  private final CheckpointCopy copy;
  private final CheckpointWriter writer;
  private Optional<Writing> underWay = Optional.empty();
  private boolean toldWaiting;

  /** The checkpoint that is being written: this rank's part of the work. */
  private record Writing(long step, Future<?> own, long begunNs, long deadlineNs) {}

  /**
   * Of one rank.
   *
   * @param keep how many complete checkpoints stay
   */
  BackgroundCheckpoints(WorkerEnvironment environment, TensorCollectives world, int keep) {
    this(
        environment,
        world,
        keep,
        new CheckpointCopy(environment.device(), world.rank(), world.size()));
  }

  BackgroundCheckpoints(
      WorkerEnvironment environment, TensorCollectives world, int keep, CheckpointCopy copy) {
    this.environment = environment;
    this.world = world;
    this.store = environment.checkpoints();
    this.copy = copy;
    this.writer =
        new CheckpointWriter(
            store, world.rank(), world.size(), keep, DEADLINE, environment.nanoClock());
  }

  /**
   * Collective: begins a checkpoint; returns when weights and moments may change again.
   *
   * @param state where the run stands; the same on all ranks
   * @param optimizer moments of this rank's range
   * @throws CheckpointException if this one cannot be begun, or this rank's part of the one before
   *     could not be written
   */
  void begin(TrainingState state, LlamaConfig model, ModelTensors weights, AdamWState optimizer) {
    long step = state.step();
    finish(step);
    long begunNs = now();
    List<CheckpointFile> files = copy.of(state, model, weights, optimizer);
    if (environment.isWriter()) {
      store.prepare(step);
    }
    // Nobody writes before all is prepared.
    world.barrier(step);
    Future<?> own = copy.isCopied() ? writer.write(step, files) : writeWaiting(step, files);
    underWay = Optional.of(new Writing(step, own, begunNs, now() + DEADLINE.toNanos()));
  }

  /** Where there is no memory for a copy: this thread writes, and training waits for it. */
  private Future<?> writeWaiting(long step, List<CheckpointFile> files) {
    if (!toldWaiting) {
      toldWaiting = true;
      environment
          .listener()
          .onNotice(
              "warning: rank "
                  + world.rank()
                  + " has no host memory for a copy of its part of a checkpoint, so training waits"
                  + " while it is written; -XX:MaxDirectMemorySize (by default -Xmx) is the limit");
    }
    try {
      store.writePart(step, world.rank(), files);
    } catch (CheckpointException e) {
      // Told to the others after the next step, as if it had happened behind it.
      return CompletableFuture.failedFuture(e);
    }
    return writer.complete(step);
  }

  /**
   * Collective: after a step, looks whether the checkpoint under way is complete.
   *
   * @throws CheckpointException if this rank could not write
   */
  void look(long step) {
    if (underWay.isEmpty()) {
      return;
    }
    double[] states = new double[world.size()];
    states[world.rank()] = stateOfOwn();
    boolean all = true;
    boolean failed = false;
    for (double state : world.allReduceSum(states, step)) {
      all &= state == WRITTEN;
      failed |= state == FAILED;
    }
    if (failed) {
      fail(step);
    }
    if (all) {
      Writing written = underWay.orElseThrow();
      underWay = Optional.empty();
      if (environment.isWriter()) {
        environment.listener().onCheckpoint(written.step(), (now() - written.begunNs()) / 1e9);
      }
    }
  }

  /**
   * Collective: waits until the checkpoint under way is complete.
   *
   * @throws CheckpointException if this rank could not write
   */
  void finish(long step) {
    while (underWay.isPresent()) {
      if (environment.cancelled().getAsBoolean()) {
        throw new CancellationException("run cancelled while a checkpoint was written");
      }
      awaitOwn(ROUND_MS);
      look(step);
    }
  }

  @Override
  public void close() {
    if (underWay.isPresent()
        && !environment.cancelled().getAsBoolean()
        && !Thread.currentThread().isInterrupted()) {
      awaitOwn(GRACE.toMillis());
    }
    if (!writer.stop(GRACE)) {
      environment
          .listener()
          .onNotice("warning: a file of a checkpoint is still being written; its disk hangs");
    }
  }

  private double stateOfOwn() {
    Writing writing = underWay.orElseThrow();
    return switch (writing.own().state()) {
      case RUNNING -> now() > writing.deadlineNs() ? FAILED : WRITING;
      case SUCCESS -> WRITTEN;
      case FAILED, CANCELLED -> FAILED;
    };
  }

  private void awaitOwn(long milliseconds) {
    try {
      underWay.orElseThrow().own().get(milliseconds, TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      // Whoever asked looks at the state.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted while a checkpoint was written");
    }
  }

  /** Every rank is here. Those that wrote what they should find that a peer leaves. */
  private void fail(long step) {
    Writing writing = underWay.orElseThrow();
    underWay = Optional.empty();
    boolean isOwn = writing.own().state() != Future.State.SUCCESS && !isWaiting(writing);
    Throwable cause = isOwn ? cause(writing) : null;
    writer.stop(GRACE);
    // Nobody writes to it any more.
    world.barrier(step);
    if (environment.isWriter()) {
      store.abandon(writing.step());
    }
    world.barrier(step);
    if (cause instanceof CheckpointException checkpoint) {
      throw checkpoint;
    }
    if (isOwn) {
      throw new CheckpointException(
          "checkpoint of step " + writing.step() + " could not be written: " + cause, cause);
    }
    // Ends with the news that the rank which failed is gone.
    while (true) {
      world.barrier(step);
    }
  }

  /** Of rank 0, whose own part may be written while it waits for another that never comes. */
  private boolean isWaiting(Writing writing) {
    return writing.own().state() == Future.State.RUNNING && now() <= writing.deadlineNs();
  }

  private static Throwable cause(Writing writing) {
    return writing.own().state() == Future.State.FAILED
        ? writing.own().exceptionNow()
        : new TimeoutException("not done after " + DEADLINE);
  }

  private long now() {
    return environment.nanoClock().getAsLong();
  }
}
