package dev.annulus.spark.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.annulus.config.TransportSettings;
import dev.annulus.config.TransportSettings.Kind;
import dev.annulus.link.Endpoint;
import dev.annulus.link.Link;
import dev.annulus.link.security.LinkSecurity;
import dev.annulus.link.transport.Transports;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A worker listens from just before the rendezvous until its link is closed, on one address; before
 * and after, the kernel knows no socket of it.
 */
class ListeningSocketsTest {
  @BeforeEach
  void needsTheKernelsTables() {
    assumeTrue(Files.isReadable(Path.of("/proc/self/net/tcp")), "no /proc/self/net/tcp here");
  }

  @Test
  void theTablesAreRead() throws Exception {
    List<ListeningSockets.Socket> before = ours();
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.5"))) {
      assertThat(ours())
          .contains(new ListeningSockets.Socket("tcp", "127.0.0.5", server.getLocalPort()));
    }
    assertThat(before).containsAll(ours());
  }

  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {"AERON", "TCP"})
  void nothingListensBeforeAndAfter(Kind kind) {
    List<ListeningSockets.Socket> before = ours();
    TransportSettings settings = new TransportSettings(kind, 20, 8192, 1 << 20, 256 << 10);
    try (Endpoint endpoint = Transports.open(settings, "127.0.0.3", LinkSecurity.NONE)) {
      assertListensOn("127.0.0.3", kind, before);
      try (Link _ = endpoint.connect(0, List.of(endpoint.address()), 7, 0, () -> false)) {
        assertListensOn("127.0.0.3", kind, before);
      }
    }
    // Aeron's driver closes its sockets on a thread of its own.
    Await.until(
        "the end of all sockets",
        Duration.ofSeconds(20),
        () -> before.containsAll(ours()),
        () -> ours().toString());
  }

  private static void assertListensOn(
      String address, Kind kind, List<ListeningSockets.Socket> before) {
    List<ListeningSockets.Socket> opened = new ArrayList<>(ours());
    opened.removeAll(before);
    assertThat(opened).hasSize(1);
    assertThat(opened.getFirst().address()).isEqualTo(address);
    assertThat(opened.getFirst().protocol()).isEqualTo(kind == Kind.TCP ? "tcp" : "udp");
  }

  private static List<ListeningSockets.Socket> ours() {
    return ListeningSockets.of(ProcessHandle.current().pid());
  }
}
