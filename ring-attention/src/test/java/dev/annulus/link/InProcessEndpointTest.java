package dev.annulus.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class InProcessEndpointTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  @TestFactory
  Stream<DynamicTest> conformance() {
    return LinkConformance.checks(
        (size, timeout, cancelled) ->
            Connecting.all(
                Stream.generate(() -> InProcessEndpoint.open(timeout)).limit(size).toList(),
                cancelled));
  }

  @Test
  void workersOfOtherProcessesAreNamed() {
    try (Endpoint endpoint = InProcessEndpoint.open(TIMEOUT)) {
      List<String> addresses = List.of(endpoint.address(), "annulus-in_process/1 process=other");
      assertThatThrownBy(() -> endpoint.connect(0, addresses, 1, 0, () -> false))
          .isInstanceOf(LinkException.class)
          .hasMessageContaining("rank 0, peer 1")
          .hasMessageContaining("needs all workers in one process")
          .hasMessageContaining("process=other");
    }
  }

  @Test
  void endpointsAreUsedOnce() {
    try (Endpoint endpoint = InProcessEndpoint.open(TIMEOUT)) {
      List<String> addresses = List.of(endpoint.address());
      assertThat(endpoint.connect(0, addresses, 1, 0, () -> false).size()).isEqualTo(1);
      assertThatThrownBy(() -> endpoint.connect(0, addresses, 1, 0, () -> false))
          .isInstanceOf(IllegalStateException.class);
    }
  }
}
