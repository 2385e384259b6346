package dev.annulus.link;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Links between workers that are threads of one process: a message is one memory copy, made by
 * whichever end comes second, so nothing is buffered and a transfer is done when both ends have
 * named it.
 */
public final class InProcessNetwork {
  private InProcessNetwork() {}

  /**
   * One link a worker, by rank. Networks share nothing with each other.
   *
   * @param timeout deadline of every wait for a peer
   * @param cancelled asked while waiting; once true, every wait ends with CANCELLED
   */
  public static List<Link> create(int size, Duration timeout, BooleanSupplier cancelled) {
    if (size < 1) {
      throw new IllegalArgumentException("a network of " + size + " workers, expected 1 or more");
    }
    Mailbox[][] mailboxes = new Mailbox[size][size];
    List<Link> links = new ArrayList<>(size);
    for (int rank = 0; rank < size; rank++) {
      links.add(new InProcessLink(rank, size, mailboxes, timeout.toNanos(), cancelled));
    }
    for (int from = 0; from < size; from++) {
      for (int to = 0; to < size; to++) {
        if (from != to) {
          mailboxes[from][to] =
              new Mailbox((InProcessLink) links.get(from), (InProcessLink) links.get(to));
        }
      }
    }
    return List.copyOf(links);
  }
}
