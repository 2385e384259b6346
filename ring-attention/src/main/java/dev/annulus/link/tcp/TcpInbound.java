package dev.annulus.link.tcp;

import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.frame.Frame;
import dev.annulus.link.frame.FramedTransfer;
import dev.annulus.link.frame.Verdict;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * A connection that somebody has opened to this rank. Its first frame tells whose it is; from then
 * on frames go straight to the memory of the messages that are awaited. While none is awaited
 * nothing is read, and the sender is held up.
 */
final class TcpInbound extends ChannelInboundHandlerAdapter {
  /** Where in the stream of bytes this is. */
  private enum At {
    /** In the frame that says who is there. */
    OPENING,
    /** In a header. */
    HEADER,
    /** Behind a header for which nobody waits yet. */
    EARLY,
    /** In the payload of an awaited frame, on its way to where it belongs. */
    PAYLOAD,
    /** Behind the header of an awaited frame that is looked at when it is whole. */
    SEALED,
    /** In what follows the header of a refused frame. */
    SKIPPED
  }

  private final TcpStream stream;
  private final MemorySegment header = Arena.ofAuto().allocate(Frame.HEADER_BYTES, 8);

  /** Read and not used yet. */
  private final ArrayDeque<ByteBuf> unused = new ArrayDeque<>();

  private TcpSource source;
  private ChannelHandlerContext context;
  private At at = At.OPENING;

  /** Room for frames that are looked at when they are whole; grows to the longest. */
  private MemorySegment room = header;

  /** The one of them that this is in. */
  private MemorySegment whole = header;

  /** Bytes of what this is in that were taken. */
  private int taken;

  private boolean ended;

  TcpInbound(TcpStream stream) {
    this.stream = stream;
  }

  /** There may be something to do: the link was made, or something is awaited. */
  void resume() {
    if (context == null || stream.link() == null) {
      return;
    }
    try {
      while (!unused.isEmpty() && step(unused.peek())) {
        if (!unused.isEmpty() && !unused.peek().isReadable()) {
          unused.remove().release();
        }
      }
    } catch (IllegalStateException e) {
      end(Reason.TRANSPORT, "the memory to receive into was freed", e);
    }
    boolean wants = source == null || source.frames().isWaiting();
    if (wants && unused.isEmpty()) {
      if (ended) {
        end(Reason.PEER_GONE, "the peer has closed its link or died", null);
      } else {
        context.read();
      }
    }
  }

  void closeIfUnbound() {
    if (source == null) {
      close();
    }
  }

  void close() {
    ended = true;
    unused.forEach(ByteBuf::release);
    unused.clear();
    stream.forget(this);
    if (context != null) {
      var _ = context.close();
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
  }

  @Override
  public void channelActive(ChannelHandlerContext active) {
    resume();
  }

  @Override
  public void channelRead(ChannelHandlerContext reading, Object message) {
    if (ended) {
      ((ByteBuf) message).release();
      return;
    }
    unused.add((ByteBuf) message);
    resume();
  }

  @Override
  public void channelInactive(ChannelHandlerContext inactive) {
    ended = true;
    stream.forget(this);
    resume();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext failed, Throwable cause) {
    boolean broken = cause instanceof IOException;
    end(
        broken ? Reason.PEER_GONE : Reason.TRANSPORT,
        "the connection from the peer broke: " + cause.getMessage(),
        cause);
  }

  /** Takes what it can from the first buffer; says whether there may be more to take. */
  private boolean step(ByteBuf bytes) {
    switch (at) {
      case OPENING -> {
        return open(bytes);
      }
      case HEADER -> {
        taken += copy(bytes, header, taken, Frame.HEADER_BYTES - taken);
        if (taken == Frame.HEADER_BYTES) {
          return judge();
        }
      }
      case EARLY -> {
        return judge();
      }
      case PAYLOAD -> {
        int payload = Frame.payloadBytes(header);
        taken += copy(bytes, source.frames().target(payload), taken, payload - taken);
        if (taken == payload) {
          finish(source.frames().finish(header));
        }
      }
      case SEALED -> {
        taken += copy(bytes, whole, taken, (int) whole.byteSize() - taken);
        if (taken == whole.byteSize()) {
          return judgeWhole();
        }
      }
      case SKIPPED -> {
        int skipped = Math.min(bytes.readableBytes(), behindHeader() - taken);
        bytes.skipBytes(skipped);
        taken += skipped;
        if (taken == behindHeader()) {
          start(At.HEADER);
        }
      }
    }
    return true;
  }

  /** A whole header is there: what becomes of what follows it. */
  private boolean judge() {
    Verdict verdict = source.frames().judgeHeader(header);
    if (verdict == Verdict.EARLY) {
      at = At.EARLY;
      return false;
    }
    if (verdict == Verdict.AWAITED) {
      if (!source.frames().leavesPayloads()) {
        return startWhole();
      }
      if (Frame.payloadBytes(header) > 0) {
        start(At.PAYLOAD);
      } else {
        finish(source.frames().finish(header));
      }
      return true;
    }
    if (verdict == Verdict.DUPLICATE) {
      start(behindHeader() == 0 ? At.HEADER : At.SKIPPED);
      return true;
    }
    // Where the next frame begins is as doubtful as this one.
    end(Reason.PROTOCOL, "a frame came that is " + verdict.text(), null);
    return false;
  }

  /** Nothing of a frame that is sealed goes to its place before its seal was looked at. */
  private boolean judgeWhole() {
    Verdict verdict = source.frames().judge(whole);
    if (verdict == Verdict.AWAITED) {
      finish(source.frames().deliver(whole));
      return true;
    }
    end(Reason.PROTOCOL, "a frame came that is " + verdict.text(), null);
    return false;
  }

  /** In the frame that says whose this connection is. */
  private boolean open(ByteBuf bytes) {
    if (taken < Frame.HEADER_BYTES) {
      taken += copy(bytes, header, taken, Frame.HEADER_BYTES - taken);
    }
    if (taken < Frame.HEADER_BYTES) {
      return true;
    }
    Verdict verdict = Frame.examineHeader(header, stream.toHere());
    TcpSource candidate = verdict == Verdict.AWAITED ? stream.source(Frame.from(header)) : null;
    if (candidate == null || candidate.isBound()) {
      return refuse(verdict == Verdict.AWAITED ? Verdict.MISDIRECTED : verdict);
    }
    if (taken == Frame.HEADER_BYTES) {
      whole = frame(candidate.frames().overheadBytes());
    }
    taken += copy(bytes, whole, taken, (int) whole.byteSize() - taken);
    if (taken < whole.byteSize()) {
      return true;
    }
    Verdict proof = candidate.frames().recogniseOpening(whole);
    if (proof != Verdict.AWAITED) {
      return refuse(proof);
    }
    source = candidate;
    source.bind(this);
    start(At.HEADER);
    return true;
  }

  private boolean refuse(Verdict verdict) {
    stream.link().refusals().count(verdict);
    close();
    return false;
  }

  private boolean startWhole() {
    if (Frame.payloadBytes(header) > TcpOutbound.FRAME_BYTES) {
      end(Reason.PROTOCOL, "a frame came that is longer than any is sent", null);
      return false;
    }
    whole = frame(Frame.HEADER_BYTES + behindHeader());
    at = At.SEALED;
    taken = Frame.HEADER_BYTES;
    return true;
  }

  /** A frame of so many bytes that begins with the header. */
  private MemorySegment frame(int bytes) {
    if (room.byteSize() < bytes) {
      room = Arena.ofAuto().allocate(bytes, 8);
    }
    MemorySegment.copy(header, 0, room, 0, Frame.HEADER_BYTES);
    return room.asSlice(0, bytes);
  }

  private int behindHeader() {
    return source.frames().overheadBytes() - Frame.HEADER_BYTES + Frame.payloadBytes(header);
  }

  private void finish(FramedTransfer finished) {
    start(At.HEADER);
    if (finished != null) {
      stream.link().partReceived(finished);
    }
  }

  private void start(At next) {
    at = next;
    taken = 0;
  }

  /** Ends the connection, and what is awaited from it. */
  private void end(Reason reason, String detail, Throwable cause) {
    close();
    if (source != null) {
      source.failAll(reason, detail, cause);
    }
  }

  private static int copy(ByteBuf from, MemorySegment to, long offset, int atMost) {
    int length = Math.min(from.readableBytes(), atMost);
    MemorySegment bytes = MemorySegment.ofBuffer(from.nioBuffer(from.readerIndex(), length));
    MemorySegment.copy(bytes, 0, to, offset, length);
    from.skipBytes(length);
    return length;
  }
}
