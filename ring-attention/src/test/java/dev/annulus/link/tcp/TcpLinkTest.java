package dev.annulus.link.tcp;

import dev.annulus.link.EndpointConformance;
import dev.annulus.link.LinkConformance;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

final class TcpLinkTest {
  @TestFactory
  Stream<DynamicTest> conformance() {
    return LinkConformance.checks(TcpNetworks::single);
  }

  @TestFactory
  Stream<DynamicTest> endpoints() {
    return EndpointConformance.checks(
        timeout ->
            TcpEndpoint.open(2, TcpNetworks.SOCKET_BUFFER, timeout.toNanos(), TcpNetworks.HOST));
  }

  @TestFactory
  Stream<DynamicTest> conformanceOverStripes() {
    return LinkConformance.checks(TcpNetworks::striped);
  }
}
