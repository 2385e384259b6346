package dev.annulus.link;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs one thread a worker, with a hard deadline. */
public final class Workers {
  private static final long DEADLINE_SECONDS = 60;

  private Workers() {}

  /** What one worker does. */
  public interface Work<T> {
    T run(Link link) throws Exception;
  }

  /** Runs all workers at once, closes their links, and gives their results by rank. */
  public static <T> List<T> run(List<Link> links, Work<T> work) {
    List<Outcome<T>> outcomes = outcomes(links, work);
    for (Outcome<T> outcome : outcomes) {
      if (outcome.failure() != null) {
        AssertionError error = new AssertionError("worker failed: " + outcome.failure());
        outcomes.stream()
            .filter(other -> other.failure() != null)
            .forEach(other -> error.addSuppressed(other.failure()));
        throw error;
      }
    }
    return outcomes.stream().map(Outcome::value).toList();
  }

  /** How a worker ended: one of the two is null. */
  public record Outcome<T>(T value, Throwable failure) {}

  /** Runs all workers at once, closes their links, and gives how each ended, by rank. */
  public static <T> List<Outcome<T>> outcomes(List<Link> links, Work<T> work) {
    try (ExecutorService threads = Executors.newFixedThreadPool(links.size())) {
      List<Future<T>> futures = new ArrayList<>();
      for (Link link : links) {
        futures.add(
            threads.submit(
                () -> {
                  try (link) {
                    return work.run(link);
                  }
                }));
      }
      List<Outcome<T>> outcomes = new ArrayList<>();
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
      for (Future<T> future : futures) {
        outcomes.add(outcome(future, deadline - System.nanoTime()));
      }
      threads.shutdownNow();
      return outcomes;
    }
  }

  private static <T> Outcome<T> outcome(Future<T> future, long leftNs) {
    try {
      return new Outcome<>(future.get(Math.max(0, leftNs), TimeUnit.NANOSECONDS), null);
    } catch (ExecutionException e) {
      return new Outcome<>(null, e.getCause());
    } catch (TimeoutException e) {
      return new Outcome<>(null, new AssertionError("no end after " + DEADLINE_SECONDS + " s", e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Outcome<>(null, e);
    }
  }
}
