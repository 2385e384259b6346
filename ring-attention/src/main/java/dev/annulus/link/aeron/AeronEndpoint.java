package dev.annulus.link.aeron;

import dev.annulus.config.TransportSettings;
import dev.annulus.link.Link;
import dev.annulus.link.LinkException;
import dev.annulus.link.MessageTag;
import dev.annulus.link.Transfer;
import dev.annulus.link.TransportUnavailableException;
import io.aeron.Image;
import io.aeron.Subscription;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * One worker's place on the network, opened before the workers know each other: the address it
 * gives is told to all ranks, and then {@link #connect} makes the link. Belongs to one thread; what
 * is shared by a process is shared underneath.
 */
public final class AeronEndpoint implements AutoCloseable {
  private static final String IPC = "aeron:ipc";
  private static final long PORT_NS = TimeUnit.SECONDS.toNanos(10);

  private final AeronRuntime runtime;
  private final long timeoutNs;
  private final boolean forceUdp;
  private final String host;
  private AeronAddress address;

  /** Touched by the agent only. */
  private final List<Subscription> subscriptions = new ArrayList<>();

  /** Streams that came before the link was made; touched by the agent only. */
  private final List<Image> early = new ArrayList<>();

  /** Set by the worker, read by the agent. */
  private volatile AeronLink link;

  private boolean closed;

  private AeronEndpoint(AeronRuntime runtime, long timeoutNs, String host, boolean forceUdp) {
    this.runtime = runtime;
    this.timeoutNs = timeoutNs;
    this.host = host;
    this.forceUdp = forceUdp;
  }

  /**
   * Listens on a free UDP port of one address of this machine, and in memory for workers of this
   * process.
   *
   * @param bindHost a name or address at which peers reach this machine; never all addresses
   * @throws TransportUnavailableException if Aeron cannot start here or the address is not usable
   */
  public static AeronEndpoint open(TransportSettings settings, String bindHost) {
    long timeoutNs = TimeUnit.SECONDS.toNanos(settings.timeoutSeconds());
    return open(DriverOptions.of(settings), timeoutNs, bindHost, false);
  }

  /** With {@code forceUdp} workers of this process too are talked to over UDP. */
  static AeronEndpoint open(
      DriverOptions options, long timeoutNs, String bindHost, boolean forceUdp) {
    String host = numericAddress(bindHost);
    AeronEndpoint endpoint =
        new AeronEndpoint(AeronRuntime.acquire(options), timeoutNs, host, forceUdp);
    try {
      endpoint.subscribe();
      return endpoint;
    } catch (RuntimeException e) {
      endpoint.close();
      throw e;
    }
  }

  /** What all ranks must be told, in the order of their ranks; opaque. */
  public String address() {
    return address.text();
  }

  /**
   * Connects to all ranks, and waits until the neighbours of this rank have announced themselves.
   * All ranks connect at the same time, each once.
   *
   * @param rank this worker
   * @param addresses one a rank, this worker's own among them
   * @param runId the run; frames of others are refused
   * @param epoch the attempt; frames of others are refused
   * @param cancelled asked while waiting; once true, every wait ends with CANCELLED
   * @throws LinkException if the addresses are not those of one world, or a neighbour does not
   *     answer before the deadline
   */
  public Link connect(
      int rank, List<String> addresses, long runId, int epoch, BooleanSupplier cancelled) {
    if (link != null || closed) {
      throw new IllegalStateException("the endpoint at " + address.endpoint() + " was used before");
    }
    List<AeronAddress> peers = AddressBook.check(rank, address, addresses);
    AeronLink connecting =
        new AeronLink(this, runtime, rank, peers.size(), runId, epoch, timeoutNs, cancelled);
    for (int peer = 0; peer < peers.size(); peer++) {
      if (peer != rank) {
        AeronAddress at = peers.get(peer);
        boolean inProcess = !forceUdp && at.driver().equals(runtime.id());
        connecting.peer(
            peer, inProcess ? IPC : channelTo(at), inProcess ? at.ipcStream() : at.udpStream());
      }
    }
    link = connecting;
    runtime.call(
        "connect rank " + rank,
        () -> {
          early.forEach(connecting::onImage);
          early.clear();
          runtime.add(connecting);
          return null;
        });
    greet(connecting);
    return connecting;
  }

  /** Closes the link too. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (link != null) {
      link.abandon();
    } else if (runtime.failure() == null) {
      runtime.call(
          "close an endpoint",
          () -> {
            closeSubscriptions();
            return null;
          });
    }
    runtime.release();
  }

  /** By the agent. */
  void closeSubscriptions() {
    subscriptions.forEach(Subscription::close);
    subscriptions.clear();
  }

  private void subscribe() {
    int stream = runtime.newStream();
    String udp = "aeron:udp?endpoint=" + AeronAddress.endpoint(host, 0);
    Subscription bound =
        runtime.call(
            "listen on " + host,
            () -> {
              Subscription subscription =
                  runtime.aeron().addSubscription(udp, stream, this::onImage, image -> {});
              subscriptions.add(subscription);
              subscriptions.add(
                  runtime.aeron().addSubscription(IPC, stream, this::onImage, image -> {}));
              return subscription;
            });
    address = new AeronAddress(Frame.VERSION, runtime.id(), host, port(bound), stream, stream);
  }

  private int port(Subscription subscription) {
    long start = System.nanoTime();
    while (System.nanoTime() - start < PORT_NS) {
      String channel =
          runtime.call("find the port on " + host, subscription::tryResolveChannelEndpointPort);
      if (channel != null) {
        String endpoint = io.aeron.ChannelUri.parse(channel).get("endpoint");
        return Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1));
      }
      Thread.onSpinWait();
    }
    throw new TransportUnavailableException("no UDP port could be bound on " + host);
  }

  private void onImage(Image image) {
    if (link == null) {
      early.add(image);
    } else {
      link.onImage(image);
    }
  }

  private String channelTo(AeronAddress peer) {
    return "aeron:udp?endpoint="
        + AeronAddress.endpoint(peer.host(), peer.port())
        + "|interface="
        + (host.contains(":") ? "[" + host + "]" : host);
  }

  /** An empty message to the next rank and one from the previous: the ring is closed. */
  private static void greet(AeronLink link) {
    if (link.size() == 1) {
      return;
    }
    int next = (link.rank() + 1) % link.size();
    int previous = Math.floorMod(link.rank() - 1, link.size());
    Transfer to = link.send(next, hello(link.rank()), MemorySegment.NULL);
    Transfer from = link.receive(previous, hello(previous), MemorySegment.NULL);
    to.await();
    from.await();
  }

  private static MessageTag hello(int rank) {
    return new MessageTag(MessageTag.Kind.HELLO, 0, 0, rank);
  }

  /** Peers may resolve a name otherwise, so they are told the address. */
  private static String numericAddress(String host) {
    try {
      InetAddress address = InetAddress.getByName(host);
      if (address.isAnyLocalAddress()) {
        throw new TransportUnavailableException(
            "listening on " + host + " would be on all addresses, expected one of this machine");
      }
      return address.getHostAddress();
    } catch (UnknownHostException e) {
      throw new TransportUnavailableException("cannot listen on " + host + ": unknown host", e);
    }
  }
}
