package dev.annulus.link.tcp;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.link.Connecting;
import dev.annulus.link.Link;
import dev.annulus.link.LinkException;
import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.MessageTag;
import dev.annulus.link.Transfer;
import dev.annulus.link.TransportUnavailableException;
import dev.annulus.link.Workers;
import dev.annulus.link.frame.Frame;
import dev.annulus.link.frame.Greeting;
import dev.annulus.link.frame.Route;
import dev.annulus.link.frame.StripedLink;
import dev.annulus.link.security.LinkSecurity;
import dev.annulus.link.security.Protection;
import dev.annulus.link.security.Secrets;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class TcpFaultTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final MessageTag TAG = new MessageTag(MessageTag.Kind.KEYS, 5, 6, 0);
  private static final Route GOOD = route(0, 1);

  /** The number of the frame that opens a connection. */
  private static final long OPENING = -1;

  private static Route route(int from, int to) {
    return new Route(Connecting.RUN, Connecting.EPOCH, from, to, 0);
  }

  @Test
  void foreignStaleAndDamagedConnectionsAreRefusedCountedAndNeverUsed() throws IOException {
    List<TcpEndpoint> endpoints = TcpNetworks.endpoints(1, 2, TIMEOUT);
    TcpAddress victim = TcpAddress.parse(Secrets.address(endpoints.get(1))).orElseThrow();
    List<Link> links = Connecting.all(endpoints, () -> false);
    List<byte[]> connections = new ArrayList<>();
    connections.add(frame(new Route(41, 1, 0, 1, 0), 1, 8)); // another run
    connections.add(frame(new Route(42, 0, 0, 1, 0), 1, 8)); // an earlier attempt
    connections.add(frame(route(0, 0), 1, 8)); // for somebody else
    connections.add(frame(new Route(42, 1, 0, 1, 1), 1, 8)); // for another stream
    connections.add(frame(route(0, 1), 1, 8)); // from one who is there already
    connections.add(frame(route(7, 1), 1, 8)); // from nobody
    connections.add(frame(route(1, 1), 1, 8)); // from this rank itself
    byte[] newer = frame(GOOD, 1, 8);
    newer[4] = 9; // another version
    connections.add(newer);
    connections.add("GET / HTTP/1.1\r\nHost: somebody\r\n".repeat(5).getBytes(US_ASCII));
    for (byte[] bytes : connections) {
      try (Socket intruder = new Socket(InetAddress.getLoopbackAddress(), victim.ports().get(0))) {
        intruder.setSoTimeout((int) TIMEOUT.toMillis());
        intruder.getOutputStream().write(bytes);
        assertThat(isClosed(intruder)).isTrue();
      }
    }
    StripedLink receiving = (StripedLink) links.get(1);
    assertThat(receiving.refusals().describe())
        .isEqualTo(
            "9 frames were refused (1 damaged, 1 of another protocol version, 1 of another run, 1"
                + " of another attempt, 5 from or for somebody else)");
    Workers.run(
        links,
        link -> {
          try (Arena arena = Arena.ofShared()) {
            MemorySegment bytes = arena.allocate(8);
            if (link.rank() == 0) {
              bytes.set(ValueLayout.JAVA_LONG, 0, 123);
              return link.send(1, TAG, bytes).await();
            }
            link.receive(0, TAG, bytes).await();
            assertThat(bytes.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(123);
            return 0L;
          }
        });
  }

  /**
   * He knows run, attempt and ranks, but not the secret; rank 2's place at rank 1 is still free.
   */
  @ParameterizedTest
  @EnumSource(value = Protection.class, names = "CHECKSUM", mode = EnumSource.Mode.EXCLUDE)
  void whoDoesNotKnowTheSecretIsNotBelieved(Protection protection) throws IOException {
    LinkSecurity security = new LinkSecurity(protection, Optional.of(Secrets.SHARED));
    List<TcpEndpoint> endpoints = TcpNetworks.endpoints(1, 3, TIMEOUT, security);
    TcpAddress victim = TcpAddress.parse(Secrets.address(endpoints.get(1))).orElseThrow();
    List<Link> links = Connecting.all(endpoints, () -> false);
    byte[] opening = Arrays.copyOf(frame(route(2, 1), Greeting.tag(2), OPENING, 0, 0), 96);
    try (Socket intruder = new Socket(InetAddress.getLoopbackAddress(), victim.ports().get(0))) {
      intruder.setSoTimeout((int) TIMEOUT.toMillis());
      intruder.getOutputStream().write(opening);
      assertThat(isClosed(intruder)).isTrue();
    }
    assertThat(((StripedLink) links.get(1)).refusals().describe())
        .isEqualTo("1 frames were refused (1 not of anybody who knows the secret)");
    Workers.run(
        links,
        link -> {
          try (Arena arena = Arena.ofShared()) {
            MemorySegment bytes = arena.allocate(8);
            if (link.rank() == 2) {
              bytes.set(ValueLayout.JAVA_LONG, 0, 123);
              link.send(1, TAG, bytes).await();
            } else if (link.rank() == 1) {
              link.receive(2, TAG, bytes).await();
              assertThat(bytes.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(123);
            }
            return 0L;
          }
        });
  }

  @Test
  void aDuplicateIsSkipped() {
    withFakePeer(
        peer -> {
          peer.send(frame(GOOD, 1, 8));
          peer.send(frame(GOOD, 1, 8));
          peer.send(Greeting.tag(0), 2, 0);
        },
        link -> {
          try (Arena arena = Arena.ofShared()) {
            link.receive(0, TAG, arena.allocate(8)).await();
            link.receive(0, Greeting.tag(0), arena.allocate(0)).await();
            assertThat(link.refusals().describe()).contains("1 frames were refused (1 seen before");
          }
        });
  }

  @Test
  void damageIsAnErrorThatSaysSo() {
    withFakePeer(
        peer -> {
          byte[] damaged = frame(GOOD, 1, 8);
          damaged[damaged.length - 1]++;
          peer.send(damaged);
        },
        link -> fails(link, 8, Reason.PROTOCOL, "frame 1 was damaged on its way"));
  }

  @Test
  void aFrameLongerThanAgreedIsAnErrorThatSaysSo() {
    withFakePeer(
        peer -> peer.send(frame(GOOD, 1, 8, 16)),
        link -> fails(link, 8, Reason.PROTOCOL, "awaited byte 0 of 8, got 16 bytes"));
  }

  @Test
  void aMissingFrameIsAnErrorThatSaysSo() {
    withFakePeer(
        peer -> peer.send(frame(GOOD, 3, 8)),
        link -> fails(link, 8, Reason.PROTOCOL, "frame 1 is missing"));
  }

  @Test
  void noiseBehindAGoodFrameIsAnErrorThatSaysSo() {
    withFakePeer(
        peer -> peer.send(new byte[200]),
        link -> fails(link, 8, Reason.PROTOCOL, "a frame came that is damaged"));
  }

  @Test
  void anEndWithinAFrameIsAPeerThatIsGone() {
    withFakePeer(
        peer -> {
          peer.send(Arrays.copyOf(frame(GOOD, 1, 8), Frame.HEADER_BYTES + 3));
          peer.close();
        },
        link -> fails(link, 8, Reason.PEER_GONE, "closed its link or died"));
  }

  @Test
  void memoryThatIsFreedUnderATransferIsAnErrorAndNotACrash() {
    List<Workers.Outcome<Long>> outcomes =
        Workers.outcomes(
            TcpNetworks.single(2, TIMEOUT, () -> false),
            link -> {
              Transfer transfer;
              try (Arena arena = Arena.ofShared()) {
                MemorySegment bytes = arena.allocate(256 << 20);
                transfer =
                    link.rank() == 0 ? link.send(1, TAG, bytes) : link.receive(0, TAG, bytes);
              }
              return transfer.await();
            });
    assertThat(outcomes).allMatch(outcome -> outcome.failure() instanceof LinkException);
  }

  @Test
  void endpointsListenOnOneAddress() {
    for (String host : new String[] {"0.0.0.0", "192.0.2.1"}) {
      assertThatThrownBy(() -> TcpNetworks.endpoint(1, TIMEOUT, host, LinkSecurity.NONE))
          .isInstanceOf(TransportUnavailableException.class)
          .hasMessageContaining(host);
    }
  }

  @Test
  void noThreadIsLeftBehind() {
    Workers.run(TcpNetworks.striped(2, TIMEOUT, () -> false), link -> 0);
    assertThat(Thread.getAllStackTraces().keySet())
        .filteredOn(thread -> thread.isAlive() && thread.getName().startsWith("annulus-tcp-"))
        .isEmpty();
  }

  private static void fails(Link link, long bytes, Reason reason, String detail) {
    try (Arena arena = Arena.ofShared()) {
      assertThatThrownBy(() -> link.receive(0, TAG, arena.allocate(bytes)).await())
          .isInstanceOf(LinkException.class)
          .hasMessageContaining("rank 1, peer 0, keys of block 0 at step 5 (exchange 6)")
          .hasMessageContaining(detail)
          .satisfies(e -> assertThat(((LinkException) e).reason()).isEqualTo(reason));
    }
  }

  /** Rank 0 of 2, which greets properly and then sends what it likes. */
  private static void withFakePeer(Consumer<FakePeer> script, Consumer<StripedLink> work) {
    try (TcpEndpoint endpoint =
            TcpNetworks.endpoint(1, TIMEOUT, TcpNetworks.HOST, LinkSecurity.NONE);
        FakePeer peer = new FakePeer(TcpAddress.parse(Secrets.address(endpoint)).orElseThrow())) {
      List<String> addresses = List.of(peer.address(), endpoint.address());
      peer.send(Greeting.tag(0), OPENING, 0);
      peer.send(Greeting.tag(0), 0, 0);
      Link link = endpoint.connect(1, addresses, Connecting.RUN, Connecting.EPOCH, () -> false);
      script.accept(peer);
      work.accept((StripedLink) link);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static final class FakePeer implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    private final Socket socket;
    private final OutputStream output;

    FakePeer(TcpAddress victim) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), victim.ports().getFirst());
      output = socket.getOutputStream();
    }

    String address() {
      return new TcpAddress(Frame.VERSION, TcpNetworks.HOST, List.of(server.getLocalPort())).text()
          + " seal=crc-32c";
    }

    void send(MessageTag tag, long number, int bytes) {
      send(frame(GOOD, tag, number, bytes, bytes));
    }

    void send(byte[] bytes) {
      try {
        output.write(bytes);
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public void close() {
      try {
        socket.close();
        server.close();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  private static byte[] frame(Route route, long number, int bytes) {
    return frame(route, number, bytes, bytes);
  }

  private static byte[] frame(Route route, long number, int messageBytes, int payload) {
    return frame(route, TAG, number, messageBytes, payload);
  }

  private static byte[] frame(
      Route route, MessageTag tag, long number, int messageBytes, int payload) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment frame = arena.allocate(Frame.HEADER_BYTES + payload);
      Frame.write(frame, route, tag, messageBytes, 0, number, payload);
      Frame.seal(frame);
      return frame.toArray(ValueLayout.JAVA_BYTE);
    }
  }

  private static boolean isClosed(Socket socket) throws IOException {
    try {
      return socket.getInputStream().read() < 0;
    } catch (SocketException e) {
      return true; // reset: it was closed with bytes unread
    }
  }
}
