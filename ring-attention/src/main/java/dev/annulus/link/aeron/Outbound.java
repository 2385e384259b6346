package dev.annulus.link.aeron;

import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.frame.FramedTransfer;
import dev.annulus.link.frame.OutgoingFrames;
import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.Publication;
import io.aeron.exceptions.AeronException;
import io.aeron.logbuffer.BufferClaim;
import java.util.function.Supplier;

/**
 * What one rank sends to one peer over one stream: frames are written straight into the peer's
 * stream. The stream is opened with the first message, as most pairs of a large world never talk.
 */
final class Outbound {
  /** Then it is the turn of the media driver, of other streams, and of receiving. */
  static final int BYTES_PER_POLL = 256 << 10;

  private final AeronStream stream;
  private final OutgoingFrames frames;
  private final Supplier<Aeron> client;
  private final String channel;
  private final int streamId;
  private final BufferClaim claim = new BufferClaim();
  private long requested = Aeron.NULL_VALUE;
  private ExclusivePublication publication;
  private boolean goneSilent;
  private volatile boolean connected;

  /**
   * @param client of the driver that carries the stream; asked with the first message
   */
  Outbound(
      AeronStream stream,
      OutgoingFrames frames,
      Supplier<Aeron> client,
      String channel,
      int streamId) {
    this.stream = stream;
    this.frames = frames;
    this.client = client;
    this.channel = channel;
    this.streamId = streamId;
  }

  void add(FramedTransfer transfer) {
    frames.add(transfer);
  }

  boolean isWaiting() {
    return frames.isWaiting();
  }

  boolean isConnected() {
    return connected;
  }

  String channel() {
    return channel;
  }

  /** Whether the peer took this stream once and does no more. */
  boolean isGone() {
    if (publication != null && publication.isConnected()) {
      connected = true;
    } else if (connected) {
      goneSilent = true;
    }
    return goneSilent;
  }

  /** Sends what the peer has room for; gives the number of frames. */
  int poll() {
    if (!frames.isWaiting()) {
      return 0;
    }
    int sent = 0;
    try {
      if (isOpen()) {
        int limit = Math.max(1, BYTES_PER_POLL / publication.maxPayloadLength());
        while (sent < limit && frames.isWaiting() && sendFrame()) {
          sent++;
        }
      }
    } catch (AeronException | IllegalStateException e) {
      // No room for its files; a closed publication; memory that was freed while it was sent.
      failAll(Reason.TRANSPORT, "cannot send over " + channel + ": " + e.getMessage(), e);
    }
    return sent;
  }

  void failAll(Reason reason, String detail, Throwable cause) {
    frames.failAll(reason, detail, cause);
  }

  /** What was sent still reaches the peer, unless it is gone. */
  void close(boolean peerGone) {
    failAll(Reason.CANCELLED, "this link was closed", null);
    if (publication != null) {
      if (peerGone) {
        stream.expectNothingOf(publication.registrationId());
      }
      publication.close();
    } else if (requested != Aeron.NULL_VALUE) {
      client.get().asyncRemovePublication(requested);
    }
  }

  /** Never waits: the driver that answers may be another process's, which waits for this one. */
  private boolean isOpen() {
    if (publication == null) {
      if (requested == Aeron.NULL_VALUE) {
        requested = client.get().asyncAddExclusivePublication(channel, streamId);
      }
      publication = client.get().getExclusivePublication(requested);
    }
    return publication != null;
  }

  private boolean sendFrame() {
    int payload = frames.nextPayload(publication.maxPayloadLength() - frames.overheadBytes());
    long position = publication.tryClaim(frames.overheadBytes() + payload, claim);
    if (position == Publication.BACK_PRESSURED
        || position == Publication.ADMIN_ACTION
        || position == Publication.NOT_CONNECTED) {
      return false;
    }
    if (position < 0) {
      throw new IllegalStateException(Publication.errorString(position));
    }
    write(payload);
    FramedTransfer finished = frames.advance(payload);
    if (finished != null) {
      stream.partSent(finished);
    }
    return true;
  }

  private void write(int payload) {
    boolean whole = false;
    try {
      int length = frames.overheadBytes() + payload;
      frames.write(AeronMemory.segment(claim.buffer(), claim.offset(), length), payload);
      whole = true;
    } finally {
      if (whole) {
        claim.commit();
      } else {
        claim.abort();
      }
    }
  }
}
