package dev.annulus.link.aeron;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.link.Link;
import dev.annulus.link.LinkException;
import dev.annulus.link.LinkException.Reason;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two processes on this machine, so over UDP without being told to. */
final class AeronProcessTest {
  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void processesTalkAndPart() throws IOException, InterruptedException {
    try (RemotePeer other = RemotePeer.start("leave");
        AeronEndpoint endpoint = RemotePeer.open()) {
      Link link = connect(endpoint, other);
      assertThat(RemotePeer.work(link)).isEqualTo(3 + 1 + 2 * 3_000_000);
      // The other process has gone on to close, and must have waited for what it sent.
      assertThat(Double.parseDouble(other.read("sum"))).isEqualTo(3 + 1 + 3_000_000);
      assertThat(other.ended()).isTrue();
    }
  }

  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void aKilledProcessIsNoticed() throws IOException {
    try (RemotePeer other = RemotePeer.start("stay");
        AeronEndpoint endpoint = RemotePeer.open();
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

  private static Link connect(AeronEndpoint endpoint, RemotePeer other) throws IOException {
    List<String> addresses = List.of(endpoint.address(), other.read("address"));
    other.write(String.join("\t", addresses));
    return endpoint.connect(0, addresses, 7, 0, () -> false);
  }
}
