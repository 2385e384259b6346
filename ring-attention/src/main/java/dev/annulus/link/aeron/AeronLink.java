package dev.annulus.link.aeron;

import dev.annulus.link.Link;
import dev.annulus.link.LinkCounters;
import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.Links;
import dev.annulus.link.MessageTag;
import dev.annulus.link.Transfer;
import dev.annulus.link.TransportUnavailableException;
import io.aeron.ExclusivePublication;
import io.aeron.Image;
import io.aeron.logbuffer.ControlledFragmentHandler;
import io.aeron.logbuffer.Header;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.agrona.DirectBuffer;

/**
 * One worker's end of an Aeron network. The worker only adds to queues and waits; everything else
 * here is called by the agent.
 */
final class AeronLink implements Link {
  private static final System.Logger LOG = System.getLogger(AeronLink.class.getName());

  private final AeronEndpoint endpoint;
  private final AeronRuntime runtime;
  private final int rank;
  private final int size;
  private final long runId;
  private final int epoch;
  private final long timeoutNs;
  private final BooleanSupplier cancelled;

  /** By peer; null at the own rank. */
  private final Outbound[] outbounds;

  private final Inbound[] inbounds;

  /** Streams whose sender is not known yet. */
  private final List<Image> unbound = new ArrayList<>();

  private final AtomicLong bytesSent = new AtomicLong();
  private final AtomicLong bytesReceived = new AtomicLong();
  private final AtomicLong messagesSent = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private volatile boolean closed;

  AeronLink(
      AeronEndpoint endpoint,
      AeronRuntime runtime,
      int rank,
      int size,
      long runId,
      int epoch,
      long timeoutNs,
      BooleanSupplier cancelled) {
    this.endpoint = endpoint;
    this.runtime = runtime;
    this.rank = rank;
    this.size = size;
    this.runId = runId;
    this.epoch = epoch;
    this.timeoutNs = timeoutNs;
    this.cancelled = cancelled;
    this.outbounds = new Outbound[size];
    this.inbounds = new Inbound[size];
  }

  /** Before the agent knows this link: where a peer is. */
  void peer(int peer, String channel, int stream) {
    outbounds[peer] =
        new Outbound(this, new Frame.Route(runId, epoch, rank, peer), channel, stream);
    inbounds[peer] = new Inbound(this, peer);
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public Transfer send(int peer, MessageTag tag, MemorySegment bytes) {
    AeronTransfer transfer = transfer(true, peer, tag, bytes);
    outbounds[peer].add(transfer);
    runtime.wake();
    return transfer;
  }

  @Override
  public Transfer receive(int peer, MessageTag tag, MemorySegment bytes) {
    AeronTransfer transfer = transfer(false, peer, tag, bytes);
    inbounds[peer].add(transfer);
    runtime.wake();
    return transfer;
  }

  @Override
  public LinkCounters counters() {
    return new LinkCounters(bytesSent.get(), bytesReceived.get(), messagesSent.get());
  }

  @Override
  public void close() {
    endpoint.close();
  }

  long timeoutNs() {
    return timeoutNs;
  }

  boolean cancelled() {
    return cancelled.getAsBoolean();
  }

  Throwable runtimeFailure() {
    return runtime.failure();
  }

  /** For errors: what is known of the way to or from a peer. */
  String connection(int peer, boolean sending) {
    boolean connected = sending ? outbounds[peer].isConnected() : inbounds[peer].isBound();
    return (connected ? "; connected" : "; never connected")
        + (sending ? " to " : ", the way there is ")
        + outbounds[peer].channel()
        + (refused.get() > 0 ? "; " + refused.get() + " frames were refused" : "");
  }

  /** Frames that were stale, foreign, damaged or of nobody's message. */
  long refused() {
    return refused.get();
  }

  /**
   * Drops everything under way and closes all streams, so that peers notice. Returns when no memory
   * of this link's transfers is touched any more.
   */
  void abandon() {
    if (closed) {
      return;
    }
    closed = true;
    boolean interrupted = Thread.interrupted(); // or the agent would not be waited for
    try {
      runtime.call("close the link of rank " + rank, this::closeStreams);
    } catch (TransportUnavailableException e) {
      LOG.log(System.Logger.Level.WARNING, e.getMessage(), e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private AeronTransfer transfer(boolean sending, int peer, MessageTag tag, MemorySegment bytes) {
    Links.checkPeer(this, peer);
    if (closed) {
      throw new IllegalStateException("rank " + rank + " has closed its link: " + tag);
    }
    Links.checkMemory(tag, bytes);
    return new AeronTransfer(this, sending, peer, tag, bytes);
  }

  // From here on: called by the agent.

  private Void closeStreams() {
    runtime.remove(this);
    for (int peer = 0; peer < size; peer++) {
      if (peer != rank) {
        outbounds[peer].close(outbounds[peer].isGone() || inbounds[peer].hasEnded());
        inbounds[peer].failAll(Reason.CANCELLED, "this link was closed", null);
      }
    }
    endpoint.closeSubscriptions();
    return null;
  }

  void failAll(Throwable cause) {
    for (int peer = 0; peer < size; peer++) {
      if (peer != rank) {
        outbounds[peer].failAll(Reason.TRANSPORT, "Aeron has stopped", cause);
        inbounds[peer].failAll(Reason.TRANSPORT, "Aeron has stopped", cause);
      }
    }
  }

  int poll() {
    int work = 0;
    for (int i = unbound.size() - 1; i >= 0; i--) {
      work += pollUnbound(unbound.get(i));
    }
    for (int peer = 0; peer < size; peer++) {
      if (peer != rank) {
        boolean gone = outbounds[peer].isGone();
        work += inbounds[peer].poll(gone);
        work += outbounds[peer].poll();
        if (outbounds[peer].isWaiting() && (gone || inbounds[peer].hasEnded())) {
          outbounds[peer].failAll(Reason.PEER_GONE, "the peer has closed its link or died", null);
        }
      }
    }
    return work;
  }

  boolean isWaiting() {
    for (int peer = 0; peer < size; peer++) {
      if (peer != rank && (outbounds[peer].isWaiting() || inbounds[peer].isWaiting())) {
        return true;
      }
    }
    return false;
  }

  ExclusivePublication publish(String channel, int stream) {
    return runtime.aeron().addExclusivePublication(channel, stream);
  }

  void expectNothingOf(long registrationId) {
    runtime.expectNothingOf(registrationId);
  }

  void onImage(Image image) {
    unbound.add(image);
  }

  /** Whether a frame is whole, of this run and attempt, and for this rank. */
  boolean accepts(MemorySegment frame) {
    return Frame.isIntact(frame) && Frame.isFor(frame, runId, epoch, rank);
  }

  void countSent(MessageTag tag, long bytes) {
    if (tag.kind() != MessageTag.Kind.HELLO) { // ours, not the worker's
      bytesSent.addAndGet(bytes);
      messagesSent.incrementAndGet();
    }
  }

  void countReceived(long bytes) {
    bytesReceived.addAndGet(bytes);
  }

  void countRefused() {
    refused.incrementAndGet();
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

  private final class Binder implements ControlledFragmentHandler {
    private final Image image;
    private boolean bound;

    Binder(Image image) {
      this.image = image;
    }

    @Override
    public Action onFragment(DirectBuffer buffer, int offset, int length, Header header) {
      MemorySegment frame = AeronMemory.segment(buffer, offset, length);
      if (accepts(frame)) {
        int from = Frame.from(frame);
        if (from >= 0 && from < size && from != rank && !inbounds[from].isBound()) {
          inbounds[from].bind(image);
          bound = true;
          return Action.ABORT;
        }
      }
      countRefused();
      return Action.CONTINUE;
    }
  }
}
