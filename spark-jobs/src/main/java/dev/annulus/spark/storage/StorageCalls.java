package dev.annulus.spark.storage;

import dev.annulus.config.CheckpointSettings;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.fs.ClusterStorageCapacityExceededException;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.apache.hadoop.security.AccessControlException;

/**
 * Calls of a file system that may fail, or never come back. Each is made by a thread of its own:
 * one that hangs is left behind, and whoever called goes on. Used by any thread.
 *
 * @param deadline of one call; zero: the thread that asks makes it, and waits as long as it takes
 * @param tries how often what may be done again is tried
 * @param pause before the second try; doubled before each further one
 */
public record StorageCalls(Duration deadline, int tries, Duration pause) {
  private static final Duration PAUSE = Duration.ofMillis(500);

  /** As the configuration's default says, where there is none. */
  public static final StorageCalls DEFAULT = of(new CheckpointSettings(0, 1));

  private static final ExecutorService THREADS =
      Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name("storage-", 0).factory());

  /** As a run says. */
  public static StorageCalls of(CheckpointSettings settings) {
    return new StorageCalls(
        Duration.ofSeconds(settings.storageTimeoutSeconds()), settings.storageTries(), PAUSE);
  }

  /** What may be done more than once, by the thread that asks for it. */
  @FunctionalInterface
  interface Attempt<T> {
    /**
     * Does it.
     *
     * @param number of tries before this one
     */
    T make(int number) throws IOException;
  }

  /**
   * Makes a call.
   *
   * @param what is done, for the error's message
   * @throws StorageStalledException if it is not back in time
   */
  public <T> T once(String what, Callable<T> call) throws IOException {
    if (deadline.isZero()) {
      try {
        return call.call();
      } catch (Exception e) {
        throw failure(what, e);
      }
    }
    return await(what, THREADS.submit(call), deadline);
  }

  /** Makes a call that may be made again, until it succeeds or has failed often enough. */
  public <T> T retried(String what, Callable<T> call) throws IOException {
    return attempts(number -> once(what, call));
  }

  /** Makes attempts until one succeeds, or failed in a way that lasts, or was the last. */
  <T> T attempts(Attempt<T> attempt) throws IOException {
    for (int number = 0; ; number++) {
      try {
        return attempt.make(number);
      } catch (IOException e) {
        if (number + 1 >= tries || lasts(e)) {
          throw e;
        }
        pause(pause.multipliedBy(1L << Math.min(number, 10)));
      }
    }
  }

  /** Whether the next try would end the same. */
  private static boolean lasts(IOException e) {
    return e instanceof FileNotFoundException
        || e instanceof AccessDeniedException
        || e instanceof InterruptedIOException
        || e instanceof FileAlreadyExistsException
        || e instanceof UnsupportedFileSystemException
        || e instanceof ClusterStorageCapacityExceededException
        || String.valueOf(e.getMessage()).contains("No space left on device");
  }

  private static void pause(Duration time) throws IOException {
    if (time.isZero()) {
      return;
    }
    Executor later =
        CompletableFuture.delayedExecutor(time.toNanos(), TimeUnit.NANOSECONDS, THREADS);
    await("pause", CompletableFuture.runAsync(() -> {}, later), time.plusMinutes(1));
  }

  private static <T> T await(String what, Future<T> future, Duration deadline) throws IOException {
    try {
      return future.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      future.cancel(true);
      throw new StorageStalledException(what, deadline);
    } catch (InterruptedException e) {
      future.cancel(true);
      Thread.currentThread().interrupt();
      throw new InterruptedIOException(what + ": interrupted");
    } catch (ExecutionException e) {
      throw failure(what, e.getCause());
    }
  }

  /** One kind of exception for what file systems throw; an error of the JVM stays one. */
  private static IOException failure(String what, Throwable cause) {
    return switch (cause) {
      case FileNotFoundException e -> e;
      case AccessControlException e -> {
        IOException denied = new AccessDeniedException(what, null, firstLine(e));
        denied.initCause(e);
        yield denied;
      }
      case IOException e -> e;
      case UncheckedIOException e -> e.getCause();
      // What Hadoop's local file system makes of a disk that is full.
      case FSError e -> e.getCause() instanceof IOException disk ? disk : new IOException(what, e);
      case Error e -> throw e;
      default -> new IOException(what + ": " + firstLine(cause), cause);
    };
  }

  /** Messages of remote file systems bring their stack traces with them. */
  static String firstLine(Throwable e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return message.lines().findFirst().orElse("");
  }
}
