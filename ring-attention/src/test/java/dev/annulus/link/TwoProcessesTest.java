package dev.annulus.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.link.LinkException.Reason;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two processes on this machine, over each way that there is between them. */
final class TwoProcessesTest {
  @ParameterizedTest
  @ValueSource(strings = {"shared memory", "udp", "tcp"})
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void processesTalkAndPart(String path) throws IOException, InterruptedException {
    try (RemotePeer other = RemotePeer.start(path, "leave");
        Endpoint endpoint = RemotePeer.open(path)) {
      Link link = connect(endpoint, other);
      assertThat(RemotePeer.work(link)).isEqualTo(3 + 1 + 2 * 3_000_000);
      // The other process has gone on to close, and must have waited for what it sent.
      assertThat(Double.parseDouble(other.read("sum"))).isEqualTo(3 + 1 + 3_000_000);
      assertThat(other.ended()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"shared memory", "udp", "tcp"})
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void aKilledProcessIsNoticed(String path) throws IOException {
    try (RemotePeer other = RemotePeer.start(path, "stay");
        Endpoint endpoint = RemotePeer.open(path);
        Arena arena = Arena.ofShared()) {
      Link link = connect(endpoint, other);
      RemotePeer.work(link);
      other.read("sum");
      other.kill();
      long start = System.nanoTime();
      assertThatThrownBy(() -> link.receive(1, RemotePeer.LAST, arena.allocate(8)).await())
          .isInstanceOf(LinkException.class)
          .hasMessageContaining("rank 0, peer 1, values of block 1 at step 1")
          .satisfies(e -> assertThat(((LinkException) e).reason()).isEqualTo(Reason.PEER_GONE));
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    }
  }

  private static Link connect(Endpoint endpoint, RemotePeer other) throws IOException {
    List<String> addresses = List.of(endpoint.address(), other.read("address"));
    other.write(String.join("\t", addresses));
    return endpoint.connect(0, addresses, 7, 0, () -> false);
  }
}
