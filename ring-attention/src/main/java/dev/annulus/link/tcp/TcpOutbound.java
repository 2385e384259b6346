package dev.annulus.link.tcp;

import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.frame.BindAddress;
import dev.annulus.link.frame.FramedTransfer;
import dev.annulus.link.frame.OutgoingFrames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.util.ReferenceCountUtil;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;

/**
 * What one rank sends to one peer over one stream: frames whose payloads the kernel takes from the
 * worker's memory. A part of a message is done when the kernel has all of it. Nothing is expected
 * back but the end of the connection.
 */
final class TcpOutbound extends ChannelInboundHandlerAdapter {
  static final int FRAME_BYTES = 256 << 10;

  // Of bytes named to Netty and not yet taken by the kernel: references, not copies.
  static final int LOW_WATER = 2 * FRAME_BYTES;
  static final int HIGH_WATER = 4 * FRAME_BYTES;

  private final TcpStream stream;
  private final int peer;
  private final OutgoingFrames frames;
  private final InetSocketAddress address;

  /** Messages whose parts are wholly named to Netty, in order. */
  private final ArrayDeque<FramedTransfer> leaving = new ArrayDeque<>();

  private Channel channel;
  private boolean gone;
  private volatile boolean connected;

  TcpOutbound(TcpStream stream, int peer, OutgoingFrames frames, InetSocketAddress address) {
    this.stream = stream;
    this.peer = peer;
    this.frames = frames;
    this.address = address;
  }

  /** By the worker. */
  void add(FramedTransfer transfer) {
    frames.add(transfer);
    stream.execute(this::pump);
  }

  boolean isConnected() {
    return connected;
  }

  String channel() {
    return "tcp " + BindAddress.endpoint(address.getAddress().getHostAddress(), address.getPort());
  }

  /** Ends the connection and all that has not left. */
  void close(Reason reason, String detail, Throwable cause) {
    gone = true;
    for (FramedTransfer next = leaving.poll(); next != null; next = leaving.poll()) {
      next.fail(reason, detail, cause);
    }
    frames.failAll(reason, detail, cause);
    if (channel != null) {
      var _ = channel.close();
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    connected = true;
    ByteBuf opening = buffer(context.channel(), 0);
    frames.writeOpening(whole(opening));
    var _ = context.writeAndFlush(opening);
    pump();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    pump();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ReferenceCountUtil.release(message);
    close(Reason.PROTOCOL, "the peer answers on a connection for frames to it", null);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    close(Reason.PEER_GONE, "the peer has closed its link or died", null);
    stream.source(peer).peerIsGone();
  }

  /** Netty could not hand to the kernel what was named to it, and the connection is sound. */
  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event == ChannelOutputShutdownEvent.INSTANCE) {
      close(Reason.TRANSPORT, "the memory to send from was freed", null);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    close(Reason.PEER_GONE, "the connection to the peer broke: " + cause.getMessage(), cause);
  }

  /** Names to Netty what there is to send, as far as it is bounded. */
  private void pump() {
    if (!frames.isWaiting()) {
      return;
    }
    if (gone) {
      frames.failAll(Reason.PEER_GONE, "the peer has closed its link or died", null);
    } else if (channel == null) {
      ChannelFuture opening = stream.open(address, this);
      channel = opening.channel();
      opening.addListener(done -> opened(done.cause()));
    } else if (channel.isActive()) {
      try {
        boolean any = false;
        while (frames.isWaiting() && channel.isWritable()) {
          write();
          any = true;
        }
        if (any) {
          channel.flush();
        }
      } catch (IllegalStateException e) {
        close(Reason.TRANSPORT, "the memory to send from was freed", e);
      }
    }
  }

  private void opened(Throwable cause) {
    if (cause != null) {
      close(Reason.PEER_GONE, "cannot connect to " + channel() + ": " + cause.getMessage(), cause);
      stream.source(peer).peerIsGone();
    }
  }

  private void write() {
    int payload = frames.nextPayload(FRAME_BYTES);
    ChannelFuture written = frames.leavesPayloads() ? writeInPlace(payload) : writeSealed(payload);
    FramedTransfer finished = frames.advance(payload);
    if (finished != null) {
      leaving.add(finished);
      written.addListener(done -> left(finished, done.cause()));
    }
  }

  /** The kernel takes the payload from the worker's memory. */
  private ChannelFuture writeInPlace(int payload) {
    ByteBuf header = buffer(channel, 0);
    MemorySegment bytes = null;
    try {
      frames.writeHeader(whole(header), payload);
      bytes = frames.payload(payload);
    } finally {
      if (bytes == null) {
        header.release();
      }
    }
    ChannelFuture written = channel.write(header);
    return payload == 0 ? written : channel.write(Unpooled.wrappedBuffer(bytes.asByteBuffer()));
  }

  /** The kernel takes what the seal has made of the payload. */
  private ChannelFuture writeSealed(int payload) {
    ByteBuf frame = buffer(channel, payload);
    boolean whole = false;
    try {
      frames.write(whole(frame), payload);
      whole = true;
    } finally {
      if (!whole) {
        frame.release();
      }
    }
    return channel.write(frame);
  }

  private ByteBuf buffer(Channel of, int payload) {
    int bytes = frames.overheadBytes() + payload;
    return of.alloc().directBuffer(bytes, bytes).writerIndex(bytes);
  }

  private static MemorySegment whole(ByteBuf buffer) {
    return MemorySegment.ofBuffer(buffer.nioBuffer());
  }

  private void left(FramedTransfer finished, Throwable cause) {
    if (cause == null && leaving.remove(finished)) {
      stream.link().partSent(finished);
    }
  }
}
