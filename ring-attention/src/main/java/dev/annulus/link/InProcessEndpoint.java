package dev.annulus.link;

import dev.annulus.link.LinkException.Reason;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/**
 * A worker's place on an {@link InProcessNetwork} that is made when the first of its workers
 * connects.
 */
public final class InProcessEndpoint implements Endpoint {
  private static final String PREFIX = "annulus-in_process/1 process=";

  /** A process id is not enough where containers share addresses. */
  private static final String PROCESS = UUID.randomUUID().toString();

  /**
   * Networks whose workers have not all taken their ends, by run and attempt; the last to take its
   * end removes it.
   */
  private static final Map<Key, Shared> WAITING = new ConcurrentHashMap<>();

  private final Duration timeout;
  private Link link;
  private boolean closed;

  private record Key(long runId, int epoch, int size) {}

  private record Shared(List<Link> links, int taken) {}

  private InProcessEndpoint(Duration timeout) {
    this.timeout = timeout;
  }

  /**
   * @param timeout deadline of every wait for a peer
   */
  public static InProcessEndpoint open(Duration timeout) {
    return new InProcessEndpoint(timeout);
  }

  @Override
  public String address() {
    return PREFIX + PROCESS;
  }

  /** All workers of a network must ask the same {@code cancelled}. */
  @Override
  public Link connect(
      int rank, List<String> addresses, long runId, int epoch, BooleanSupplier cancelled) {
    if (link != null || closed) {
      throw new IllegalStateException("the endpoint was used before");
    }
    for (int peer = 0; peer < addresses.size(); peer++) {
      if (!address().equals(addresses.get(peer))) {
        throw new LinkException(
            Reason.PROTOCOL,
            rank,
            peer,
            new MessageTag(MessageTag.Kind.HELLO, 0, 0, peer),
            "transport.kind: in_process needs all workers in one process, but it is in another or"
                + " speaks over another transport: "
                + addresses.get(peer)
                + " (expected: local mode, or transport.kind: aeron)");
      }
    }
    int size = addresses.size();
    Key key = new Key(runId, epoch, size);
    Shared shared =
        WAITING.compute(
            key,
            (_, present) ->
                present == null
                    ? new Shared(InProcessNetwork.create(size, timeout, cancelled), 1)
                    : new Shared(present.links(), present.taken() + 1));
    if (shared.taken() == size) {
      WAITING.remove(key);
    }
    link = shared.links().get(rank);
    return link;
  }

  @Override
  public void close() {
    closed = true;
    if (link != null) {
      link.close();
    }
  }
}
