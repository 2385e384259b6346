package dev.annulus.link.aeron;

import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.TransportUnavailableException;
import dev.annulus.link.frame.BindAddress;
import dev.annulus.link.frame.ChecksumSeal;
import dev.annulus.link.frame.Frame;
import dev.annulus.link.frame.FrameStream;
import dev.annulus.link.frame.FramedTransfer;
import dev.annulus.link.frame.IncomingFrames;
import dev.annulus.link.frame.OutgoingFrames;
import dev.annulus.link.frame.Route;
import dev.annulus.link.frame.Seals;
import dev.annulus.link.frame.StripedLink;
import dev.annulus.link.frame.Verdict;
import io.aeron.ChannelUri;
import io.aeron.Image;
import io.aeron.Subscription;
import io.aeron.logbuffer.ControlledFragmentHandler;
import io.aeron.logbuffer.Header;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;

/**
 * One of the streams that an endpoint's messages are striped over: a port, and a part of every long
 * message to and from every peer. The worker adds transfers; all else is done by the agent of the
 * stream's own runtime.
 */
final class AeronStream implements FrameStream {
  private static final System.Logger LOG = System.getLogger(AeronStream.class.getName());
  private static final String IPC = "aeron:ipc";
  private static final long PORT_NS = TimeUnit.SECONDS.toNanos(10);

  private final AeronRuntime runtime;
  private final int index;
  private final String host;
  private AeronAddress.Place place;

  // Touched by the agent only, once the stream listens.
  private final List<Subscription> subscriptions = new ArrayList<>();

  /** Streams whose sender is not known yet. */
  private final List<Image> unbound = new ArrayList<>();

  private final Map<UUID, PeerDriver> peerDrivers = new HashMap<>();

  // Set before the agent polls this stream.
  private StripedLink link;
  private Route toHere;
  private Seals seals = Seals.CHECKSUM;

  /** By peer; null at the own rank. */
  private Outbound[] outbounds = {};

  private Inbound[] inbounds = {};
  private PeerDriver[] drivers = {};

  AeronStream(AeronRuntime runtime, int index, String host) {
    this.runtime = runtime;
    this.index = index;
    this.host = host;
  }

  /** Listens on a free UDP port, and in memory for whoever can open this driver's files. */
  void listen() {
    int stream = runtime.newStream();
    String udp = "aeron:udp?endpoint=" + BindAddress.endpoint(host, 0);
    Subscription bound =
        runtime.call(
            "listen on " + host,
            () -> {
              Subscription subscription =
                  runtime.aeron().addSubscription(udp, stream, unbound::add, image -> {});
              subscriptions.add(subscription);
              subscriptions.add(
                  runtime.aeron().addSubscription(IPC, stream, unbound::add, image -> {}));
              return subscription;
            });
    place = new AeronAddress.Place(runtime.id(), port(bound), stream, runtime.directory());
  }

  AeronAddress.Place place() {
    return place;
  }

  /**
   * Makes the ways to and from all peers and hands them to the agent.
   *
   * @param forceUdp do not use shared memory
   */
  void connect(
      StripedLink connecting,
      List<AeronAddress> peers,
      Route hereOf,
      Seals sessionSeals,
      boolean forceUdp) {
    link = connecting;
    seals = sessionSeals;
    toHere = hereOf;
    int size = peers.size();
    outbounds = new Outbound[size];
    inbounds = new Inbound[size];
    drivers = new PeerDriver[size];
    for (int peer = 0; peer < size; peer++) {
      if (peer != link.rank()) {
        peer(peer, peers.get(peer), forceUdp);
      }
    }
    runtime.call(
        "connect rank " + link.rank(),
        () -> {
          runtime.add(this);
          return null;
        });
  }

  private void peer(int peer, AeronAddress address, boolean forceUdp) {
    AeronAddress.Place at = address.places().get(index);
    Route from = new Route(toHere.runId(), toHere.epoch(), peer, link.rank(), index);
    Route to = new Route(toHere.runId(), toHere.epoch(), link.rank(), peer, index);
    OutgoingFrames outgoing = new OutgoingFrames(to, link.stripes(), seals.of(to));
    IncomingFrames incoming =
        new IncomingFrames(from, link.stripes(), seals.of(from), link.refusals());
    boolean ownDriver = at.driver().equals(runtime.id());
    if (!forceUdp && !ownDriver && DriverDirectory.isOf(at.directory(), at.driver())) {
      PeerDriver driver =
          peerDrivers.computeIfAbsent(at.driver(), _ -> new PeerDriver(at.directory()));
      drivers[peer] = driver;
      outbounds[peer] = new Outbound(this, outgoing, driver::client, IPC, at.stream());
      inbounds[peer] = new Inbound(this, incoming, driver::isDead);
    } else {
      String channel = !forceUdp && ownDriver ? IPC : channelTo(address);
      outbounds[peer] = new Outbound(this, outgoing, runtime::aeron, channel, at.stream());
      inbounds[peer] = new Inbound(this, incoming, () -> false);
    }
  }

  @Override
  public void send(int peer, FramedTransfer transfer) {
    outbounds[peer].add(transfer);
    runtime.wake();
  }

  @Override
  public void receive(int peer, FramedTransfer transfer) {
    inbounds[peer].add(transfer);
    runtime.wake();
  }

  @Override
  public boolean isConnected(int peer, boolean sending) {
    return sending ? outbounds[peer].isConnected() : inbounds[peer].isBound();
  }

  @Override
  public String channel(int peer) {
    return outbounds[peer].channel();
  }

  @Override
  public Throwable failure() {
    return runtime.failure();
  }

  @Override
  public void close() {
    if (runtime.failure() == null) {
      try {
        runtime.call("close a stream at " + host, this::closeNow);
      } catch (TransportUnavailableException e) {
        LOG.log(System.Logger.Level.WARNING, e.getMessage(), e);
      }
    }
  }

  // From here on: called by the agent.

  int poll() {
    int work = 0;
    for (PeerDriver driver : peerDrivers.values()) {
      work += driver.invoke();
    }
    for (int i = unbound.size() - 1; i >= 0; i--) {
      work += pollUnbound(unbound.get(i));
    }
    for (int peer = 0; peer < outbounds.length; peer++) {
      if (outbounds[peer] != null && (outbounds[peer].isWaiting() || inbounds[peer].isWaiting())) {
        work += poll(peer);
      }
    }
    return work;
  }

  private int poll(int peer) {
    Outbound outbound = outbounds[peer];
    Inbound inbound = inbounds[peer];
    boolean gone = outbound.isGone() || (drivers[peer] != null && drivers[peer].isDead());
    int work = inbound.poll(gone);
    if (outbound.isWaiting() && (gone || inbound.hasEnded())) {
      outbound.failAll(Reason.PEER_GONE, "the peer has closed its link or died", null);
    }
    return work + outbound.poll();
  }

  boolean isWaiting() {
    for (int peer = 0; peer < outbounds.length; peer++) {
      if (outbounds[peer] != null && (outbounds[peer].isWaiting() || inbounds[peer].isWaiting())) {
        return true;
      }
    }
    return false;
  }

  void failAll(Throwable cause) {
    for (int peer = 0; peer < outbounds.length; peer++) {
      if (outbounds[peer] != null) {
        outbounds[peer].failAll(Reason.TRANSPORT, "Aeron has stopped", cause);
        inbounds[peer].failAll(Reason.TRANSPORT, "Aeron has stopped", cause);
      }
    }
  }

  private Void closeNow() {
    runtime.remove(this);
    for (int peer = 0; peer < outbounds.length; peer++) {
      if (outbounds[peer] != null) {
        outbounds[peer].close(outbounds[peer].isGone() || inbounds[peer].hasEnded());
        inbounds[peer].failAll(Reason.CANCELLED, "this link was closed", null);
      }
    }
    subscriptions.forEach(Subscription::close);
    subscriptions.clear();
    peerDrivers.values().forEach(PeerDriver::close);
    return null;
  }

  void expectNothingOf(long registrationId) {
    runtime.expectNothingOf(registrationId);
  }

  void partSent(FramedTransfer transfer) {
    link.partSent(transfer);
  }

  void partReceived(FramedTransfer transfer) {
    link.partReceived(transfer);
  }

  /** Reads from a new stream until its first good frame tells whose it is. */
  private int pollUnbound(Image image) {
    Binder binder = new Binder(image);
    int frames = image.controlledPoll(binder, 1);
    if (binder.bound || image.isClosed()) {
      unbound.remove(image);
    }
    return frames;
  }

  private int port(Subscription subscription) {
    long start = System.nanoTime();
    while (System.nanoTime() - start < PORT_NS) {
      String channel =
          runtime.call("find the port on " + host, subscription::tryResolveChannelEndpointPort);
      if (channel != null) {
        String endpoint = ChannelUri.parse(channel).get("endpoint");
        return Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1));
      }
      Thread.onSpinWait();
    }
    throw new TransportUnavailableException("no UDP port could be bound on " + host);
  }

  private String channelTo(AeronAddress peer) {
    return "aeron:udp?endpoint="
        + peer.endpoint(index)
        + "|interface="
        + BindAddress.bracketed(host);
  }

  private final class Binder implements ControlledFragmentHandler {
    private final Image image;
    private boolean bound;

    Binder(Image image) {
      this.image = image;
    }

    @Override
    public Action onFragment(DirectBuffer buffer, int offset, int length, Header header) {
      MemorySegment frame = AeronMemory.segment(buffer, offset, length);
      Inbound sender = sender(frame);
      Verdict verdict =
          sender == null
              ? Frame.examine(frame, toHere, ChecksumSeal.INSTANCE)
              : sender.recognise(frame);
      if (verdict == Verdict.AWAITED && sender != null && !sender.isBound()) {
        sender.bind(image);
        bound = true;
        return Action.ABORT;
      }
      link.refusals().count(verdict == Verdict.AWAITED ? Verdict.MISDIRECTED : verdict);
      return Action.CONTINUE;
    }

    /** Who the frame says has sent it; null if there is none of that rank. */
    private Inbound sender(MemorySegment frame) {
      int from = frame.byteSize() < Frame.HEADER_BYTES ? -1 : Frame.from(frame);
      return from >= 0 && from < inbounds.length ? inbounds[from] : null;
    }
  }
}
