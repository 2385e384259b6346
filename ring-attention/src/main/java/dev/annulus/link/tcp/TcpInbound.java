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
 * A connection that somebody has opened to this rank. Its first good frame tells whose it is; from
 * then on frames go straight to the memory of the messages that are awaited. While none is awaited
 * nothing is read, and the sender is held up.
 */
final class TcpInbound extends ChannelInboundHandlerAdapter {
  /** Where in the stream of bytes this is. */
  private enum At {
    /** In a header. */
    HEADER,
    /** Behind a header for which nobody waits yet. */
    EARLY,
    /** In the payload of an awaited frame. */
    PAYLOAD,
    /** In the payload of a refused frame. */
    SKIPPED
  }

  private final TcpStream stream;
  private final MemorySegment header = Arena.ofAuto().allocate(Frame.HEADER_BYTES, 8);

  /** Read and not used yet. */
  private final ArrayDeque<ByteBuf> unused = new ArrayDeque<>();

  private TcpSource source;
  private ChannelHandlerContext context;
  private At at = At.HEADER;

  /** Bytes of the header or payload that were taken. */
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
          finish();
        }
      }
      case SKIPPED -> {
        int skipped = Math.min(bytes.readableBytes(), Frame.payloadBytes(header) - taken);
        bytes.skipBytes(skipped);
        taken += skipped;
        if (taken == Frame.payloadBytes(header)) {
          start(At.HEADER);
        }
      }
    }
    return true;
  }

  /** A whole header is there: whose it is, and what becomes of its payload. */
  private boolean judge() {
    if (source == null && !bind()) {
      return false;
    }
    Verdict verdict = source.frames().judgeHeader(header);
    if (verdict == Verdict.EARLY) {
      at = At.EARLY;
      return false;
    }
    if (verdict == Verdict.AWAITED) {
      start(At.PAYLOAD);
      if (Frame.payloadBytes(header) == 0) {
        finish();
      }
      return true;
    }
    if (verdict == Verdict.DUPLICATE) {
      start(Frame.payloadBytes(header) == 0 ? At.HEADER : At.SKIPPED);
      return true;
    }
    // Where the next frame begins is as doubtful as this one.
    end(Reason.PROTOCOL, "a frame came that is " + verdict.text(), null);
    return false;
  }

  private boolean bind() {
    Verdict verdict = Frame.examineHeader(header, stream.toHere());
    TcpSource candidate = verdict == Verdict.AWAITED ? stream.source(Frame.from(header)) : null;
    if (candidate == null || candidate.isBound()) {
      stream.link().refusals().count(verdict == Verdict.AWAITED ? Verdict.MISDIRECTED : verdict);
      close();
      return false;
    }
    source = candidate;
    source.bind(this);
    return true;
  }

  private void finish() {
    FramedTransfer finished = source.frames().finish(header);
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
