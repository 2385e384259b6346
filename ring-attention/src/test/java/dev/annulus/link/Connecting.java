package dev.annulus.link;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/** Connects the endpoints of workers of this process. */
public final class Connecting {
  /** The run of all test networks, and its attempt. */
  public static final long RUN = 42;

  public static final int EPOCH = 1;

  private Connecting() {}

  /** All at once, each on a thread of its own. */
  public static List<Link> all(List<? extends Endpoint> endpoints, BooleanSupplier cancelled) {
    List<String> addresses = endpoints.stream().map(Endpoint::address).toList();
    try (ExecutorService threads = Executors.newFixedThreadPool(endpoints.size())) {
      List<Future<Link>> links = new ArrayList<>();
      for (int rank = 0; rank < endpoints.size(); rank++) {
        int own = rank;
        links.add(
            threads.submit(
                () -> endpoints.get(own).connect(own, addresses, RUN, EPOCH, cancelled)));
      }
      List<Link> connected = new ArrayList<>();
      for (Future<Link> link : links) {
        connected.add(link.get(30, TimeUnit.SECONDS));
      }
      return connected;
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
