package dev.annulus.link.frame;

import dev.annulus.link.Link;
import dev.annulus.link.LinkCounters;
import dev.annulus.link.Links;
import dev.annulus.link.MessageTag;
import dev.annulus.link.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/**
 * One worker's end of a network whose messages are striped over streams. The worker only adds to
 * queues and waits; the threads of its streams do the rest.
 */
public final class StripedLink implements Link, FramedTransfer.Owner {
  private static final System.Logger LOG = System.getLogger(StripedLink.class.getName());

  private final List<? extends FrameStream> streams;
  private final Runnable onClose;
  private final Stripes stripes;
  private final int rank;
  private final int size;
  private final long timeoutNs;
  private final BooleanSupplier cancelled;
  private final TransferCounters counters = new TransferCounters();
  private final Refusals refusals;
  private volatile boolean closed;

  /**
   * @param timeoutNs deadline of every wait for a peer
   * @param cancelled asked while waiting; once true, every wait ends with CANCELLED
   * @param onClose what closing the link does beside {@link #abandon}
   */
  public StripedLink(
      int rank,
      int size,
      List<? extends FrameStream> streams,
      long timeoutNs,
      BooleanSupplier cancelled,
      Runnable onClose) {
    this.rank = rank;
    this.size = size;
    this.streams = List.copyOf(streams);
    this.stripes = new Stripes(streams.size());
    this.timeoutNs = timeoutNs;
    this.cancelled = cancelled;
    this.onClose = onClose;
    this.refusals =
        new Refusals(
            System::nanoTime,
            line -> LOG.log(System.Logger.Level.WARNING, "rank {0}: {1}", rank, line));
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
    abandon();
    onClose.run();
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
        .map(FrameStream::failure)
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
    boolean interrupted = Thread.interrupted(); // or the streams' threads would not be waited for
    try {
      streams.forEach(FrameStream::close);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Frames that were stale, foreign, damaged or of nobody's message. */
  public Refusals refusals() {
    return refusals;
  }

  /** How messages are cut. */
  public Stripes stripes() {
    return stripes;
  }

  /** By a stream, which has it off its queue. */
  public void partSent(FramedTransfer transfer) {
    long bytes = transfer.bytes().byteSize();
    transfer.completePart(() -> counters.countSent(transfer.tag(), bytes));
  }

  /** By a stream, which has it off its queue. */
  public void partReceived(FramedTransfer transfer) {
    long bytes = transfer.bytes().byteSize();
    transfer.completePart(() -> counters.countReceived(bytes));
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
}
