package dev.annulus.link.tcp;

import dev.annulus.config.PortRange;
import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.TransportUnavailableException;
import dev.annulus.link.frame.BindAddress;
import dev.annulus.link.frame.FrameStream;
import dev.annulus.link.frame.FramedTransfer;
import dev.annulus.link.frame.IncomingFrames;
import dev.annulus.link.frame.OutgoingFrames;
import dev.annulus.link.frame.Route;
import dev.annulus.link.frame.Seals;
import dev.annulus.link.frame.StripedLink;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import jdk.net.ExtendedSocketOptions;

/**
 * One of the streams that an endpoint's messages are striped over: a port, a thread, and a
 * connection a direction to every peer that is talked to. The worker adds transfers; all else is
 * done by the thread, which is the event loop of all of the stream's channels.
 */
final class TcpStream implements FrameStream {
  private static final System.Logger LOG = System.getLogger(TcpStream.class.getName());
  private static final long CALL_NS = TimeUnit.SECONDS.toNanos(30);
  private static final int READ_BYTES = 256 << 10;
  private static final int BACKLOG = 1024;

  // A machine that vanishes without a word is noticed after six seconds, whoever waits for whom.
  private static final int SILENT_SECONDS = 3;
  private static final int PROBES = 3;

  private final int index;
  private final InetAddress host;
  private final int socketBuffer;
  private final long timeoutNs;
  private final MultiThreadIoEventLoopGroup group;
  private final EventLoop loop;

  // Touched by the loop only.
  private final List<TcpInbound> accepted = new ArrayList<>();
  private Channel server;
  private boolean closed;

  // Set before the loop serves the link.
  private StripedLink link;
  private Route toHere;

  /** By peer; null at the own rank. */
  private TcpOutbound[] outbounds = {};

  private TcpSource[] sources = {};

  TcpStream(int index, InetAddress host, int socketBuffer, long timeoutNs) {
    this.index = index;
    this.host = host;
    this.socketBuffer = socketBuffer;
    this.timeoutNs = timeoutNs;
    this.group =
        new MultiThreadIoEventLoopGroup(
            1,
            Thread.ofPlatform().name("annulus-tcp-" + index + "-", 0).daemon(true).factory(),
            NioIoHandler.newFactory());
    this.loop = group.next();
  }

  /** Listens on a free port of a range, and gives it. */
  int listen(PortRange ports) {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_RCVBUF, socketBuffer)
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(
                ChannelOption.RECVBUF_ALLOCATOR,
                new FixedRecvByteBufAllocator(READ_BYTES).maxMessagesPerRead(1))
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    accept(channel);
                  }
                });
    for (KeepAlive option : KeepAlive.ALL) {
      bootstrap.childOption(option.option(), option.value());
    }
    ChannelFuture bound = bind(bootstrap, ports.first());
    for (int port = ports.first() + 1; port <= ports.last() && !bound.isSuccess(); port++) {
      bound = bind(bootstrap, port);
    }
    if (!bound.isSuccess()) {
      throw new TransportUnavailableException(
          "cannot listen on %s, transport.ports %s: %s"
              .formatted(host.getHostAddress(), ports, bound.cause()),
          bound.cause());
    }
    server = bound.channel();
    return ((InetSocketAddress) server.localAddress()).getPort();
  }

  private ChannelFuture bind(ServerBootstrap bootstrap, int port) {
    ChannelFuture bound = bootstrap.bind(host, port);
    bound.awaitUninterruptibly(CALL_NS, TimeUnit.NANOSECONDS);
    return bound;
  }

  /** Makes the ways to and from all peers; connections follow with the first messages. */
  void connect(StripedLink connecting, List<TcpAddress> peers, Route hereOf, Seals seals) {
    call(
        "connect rank " + connecting.rank(),
        () -> {
          link = connecting;
          toHere = hereOf;
          outbounds = new TcpOutbound[peers.size()];
          sources = new TcpSource[peers.size()];
          for (int peer = 0; peer < peers.size(); peer++) {
            if (peer != link.rank()) {
              peer(peer, peers.get(peer), seals);
            }
          }
          accepted.forEach(TcpInbound::resume);
          return null;
        });
  }

  private void peer(int peer, TcpAddress at, Seals seals) {
    Route to = new Route(toHere.runId(), toHere.epoch(), link.rank(), peer, index);
    Route from = new Route(toHere.runId(), toHere.epoch(), peer, link.rank(), index);
    outbounds[peer] =
        new TcpOutbound(
            this,
            peer,
            new OutgoingFrames(to, link.stripes(), seals.of(to)),
            new InetSocketAddress(BindAddress.of(at.host()), at.ports().get(index)));
    sources[peer] =
        new TcpSource(
            this, new IncomingFrames(from, link.stripes(), seals.of(from), link.refusals()));
  }

  @Override
  public void send(int peer, FramedTransfer transfer) {
    outbounds[peer].add(transfer);
  }

  @Override
  public void receive(int peer, FramedTransfer transfer) {
    sources[peer].add(transfer);
  }

  @Override
  public boolean isConnected(int peer, boolean sending) {
    return sending ? outbounds[peer].isConnected() : sources[peer].isBound();
  }

  @Override
  public String channel(int peer) {
    return outbounds[peer].channel();
  }

  @Override
  public Throwable failure() {
    return loop.isShuttingDown() ? new IllegalStateException("its thread was stopped") : null;
  }

  @Override
  public void close() {
    if (loop.isShuttingDown()) {
      return;
    }
    try {
      call("close a stream at " + host.getHostAddress(), this::closeNow);
    } catch (TransportUnavailableException e) {
      LOG.log(System.Logger.Level.WARNING, e.getMessage(), e);
    }
  }

  /** Ends the thread; what was sent is with the kernel, which delivers it. */
  void stop() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }

  /** From any thread: runs something on the loop, soon. */
  void execute(Runnable work) {
    try {
      loop.execute(work);
    } catch (RejectedExecutionException e) {
      // The loop has stopped: whoever waits is told so by failure().
      LOG.log(System.Logger.Level.DEBUG, "not done, as the stream was stopped", e);
    }
  }

  // From here on: called by the loop.

  /** By the loop: runs something later. */
  void executeAfter(long delayNs, Runnable work) {
    var _ = loop.schedule(work, delayNs, TimeUnit.NANOSECONDS);
  }

  /** Opens a connection to a peer. */
  ChannelFuture open(InetSocketAddress peer, TcpOutbound outbound) {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(group)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_SNDBUF, socketBuffer)
            .option(ChannelOption.SO_KEEPALIVE, true)
            .option(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(TcpOutbound.LOW_WATER, TcpOutbound.HIGH_WATER))
            .option(
                ChannelOption.CONNECT_TIMEOUT_MILLIS,
                (int) Math.min(Integer.MAX_VALUE, TimeUnit.NANOSECONDS.toMillis(timeoutNs)))
            .handler(outbound);
    for (KeepAlive option : KeepAlive.ALL) {
      bootstrap.option(option.option(), option.value());
    }
    return bootstrap.connect(peer, new InetSocketAddress(host, 0));
  }

  /** The way from a peer that a new connection may be bound to; null if there is none. */
  TcpSource source(int from) {
    return from >= 0 && from < sources.length ? sources[from] : null;
  }

  /** The link; null until it is made. */
  StripedLink link() {
    return link;
  }

  /** Of frames for here, whoever sends them. */
  Route toHere() {
    return toHere;
  }

  void forget(TcpInbound inbound) {
    accepted.remove(inbound);
  }

  private void accept(SocketChannel channel) {
    if (closed) {
      var _ = channel.close();
      return;
    }
    TcpInbound inbound = new TcpInbound(this);
    accepted.add(inbound);
    channel.pipeline().addLast(inbound);
    // Who does not say who he is may not stay.
    executeAfter(timeoutNs, inbound::closeIfUnbound);
  }

  private Void closeNow() {
    closed = true;
    for (int peer = 0; peer < outbounds.length; peer++) {
      if (outbounds[peer] != null) {
        outbounds[peer].close(Reason.CANCELLED, "this link was closed", null);
        sources[peer].failAll(Reason.CANCELLED, "this link was closed", null);
      }
    }
    List.copyOf(accepted).forEach(TcpInbound::close);
    if (server != null) {
      var _ = server.close();
    }
    return null;
  }

  private <T> T call(String what, Callable<T> work) {
    Future<T> result = loop.submit(work);
    try {
      return result.get(CALL_NS, TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw new TransportUnavailableException(
          "cannot " + what + ": " + e.getCause().getMessage(), e.getCause());
    } catch (TimeoutException e) {
      throw new TransportUnavailableException("no answer in time: cannot " + what, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransportUnavailableException("interrupted: cannot " + what, e);
    }
  }

  /** When the kernel asks a silent peer whether it is still there. */
  private record KeepAlive(ChannelOption<Integer> option, int value) {
    static final List<KeepAlive> ALL =
        List.of(
            new KeepAlive(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), SILENT_SECONDS),
            new KeepAlive(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), 1),
            new KeepAlive(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), PROBES));
  }
}
