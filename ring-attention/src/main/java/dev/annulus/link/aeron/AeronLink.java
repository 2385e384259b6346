package dev.annulus.link.aeron;

import dev.annulus.link.Link;
import dev.annulus.link.LinkCounters;
import dev.annulus.link.Links;
import dev.annulus.link.MessageTag;
import dev.annulus.link.Transfer;
import dev.annulus.link.TransportUnavailableException;
import dev.annulus.link.frame.FramedTransfer;
import dev.annulus.link.frame.Refusals;
import dev.annulus.link.frame.Stripes;
import dev.annulus.link.frame.TransferCounters;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/**
 * One worker's end of an Aeron network. The worker only adds to queues and waits; the agents of its
 * streams do the rest.
 */
final class AeronLink implements Link, FramedTransfer.Owner {
  private static final System.Logger LOG = System.getLogger(AeronLink.class.getName());

  private final AeronEndpoint endpoint;
  private final List<AeronStream> streams;
  private final Stripes stripes;
  private final int rank;
  private final int size;
  private final long timeoutNs;
  private final BooleanSupplier cancelled;
  private final TransferCounters counters = new TransferCounters();
  private final Refusals refusals = new Refusals();
  private volatile boolean closed;

  AeronLink(
      AeronEndpoint endpoint,
      List<AeronStream> streams,
      int rank,
      int size,
      long timeoutNs,
      BooleanSupplier cancelled) {
    this.endpoint = endpoint;
    this.streams = streams;
    this.stripes = new Stripes(streams.size());
    this.rank = rank;
    this.size = size;
    this.timeoutNs = timeoutNs;
    this.cancelled = cancelled;
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
    return post(true, peer, tag, bytes);
  }

  @Override
  public Transfer receive(int peer, MessageTag tag, MemorySegment bytes) {
    return post(false, peer, tag, bytes);
  }

  @Override
  public LinkCounters counters() {
    return counters.read();
  }

  @Override
  public void close() {
    endpoint.close();
  }

  @Override
  public long timeoutNs() {
    return timeoutNs;
  }

  @Override
  public boolean cancelled() {
    return cancelled.getAsBoolean();
  }

  @Override
  public Throwable failure() {
    return streams.stream()
        .map(stream -> stream.runtime().failure())
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  @Override
  public String connection(int peer, boolean sending) {
    long connected = streams.stream().filter(stream -> stream.isConnected(peer, sending)).count();
    String state =
        connected == streams.size()
            ? "connected"
            : connected == 0
                ? "never connected"
                : connected + " of " + streams.size() + " streams connected";
    return "; "
        + state
        + (sending ? " to " : ", the way there is ")
        + streams.getFirst().channel(peer)
        + (refusals.total() > 0 ? "; " + refusals.describe() : "");
  }

  /**
   * Drops everything under way and closes all streams, so that peers notice. Returns when no memory
   * of this link's transfers is touched any more.
   */
  @Override
  public void abandon() {
    if (closed) {
      return;
    }
    closed = true;
    boolean interrupted = Thread.interrupted(); // or the agents would not be waited for
    try {
      for (AeronStream stream : streams) {
        close(stream);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Frames that were stale, foreign, damaged or of nobody's message. */
  Refusals refusals() {
    return refusals;
  }

  Stripes stripes() {
    return stripes;
  }

  /** By an agent. */
  void partSent(FramedTransfer transfer) {
    long bytes = transfer.bytes().byteSize();
    if (transfer.completePart()) {
      counters.countSent(transfer.tag(), bytes);
    }
  }

  /** By an agent. */
  void partReceived(FramedTransfer transfer) {
    long bytes = transfer.bytes().byteSize();
    if (transfer.completePart()) {
      counters.countReceived(bytes);
    }
  }

  private Transfer post(boolean sending, int peer, MessageTag tag, MemorySegment bytes) {
    Links.checkPeer(this, peer);
    if (closed) {
      throw new IllegalStateException("rank " + rank + " has closed its link: " + tag);
    }
    Links.checkMemory(tag, bytes);
    int parts = stripes.parts(tag, bytes.byteSize());
    FramedTransfer transfer = new FramedTransfer(this, sending, peer, tag, bytes, parts);
    for (int stream = 0; stream < streams.size(); stream++) {
      if (stripes.carries(tag, bytes.byteSize(), stream)) {
        if (sending) {
          streams.get(stream).send(peer, transfer);
        } else {
          streams.get(stream).receive(peer, transfer);
        }
      }
    }
    return transfer;
  }

  private void close(AeronStream stream) {
    try {
      stream.runtime().call("close the link of rank " + rank, stream::close);
    } catch (TransportUnavailableException e) {
      LOG.log(System.Logger.Level.WARNING, e.getMessage(), e);
    }
  }
}
