package dev.annulus.link.tcp;

import dev.annulus.link.EndpointConformance;
import dev.annulus.link.LinkConformance;
import dev.annulus.link.security.LinkSecurity;
import dev.annulus.link.security.Secrets;
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
        timeout -> TcpNetworks.endpoint(2, timeout, TcpNetworks.HOST, LinkSecurity.NONE));
  }

  @TestFactory
  Stream<DynamicTest> conformanceWithProofs() {
    return LinkConformance.checks(TcpNetworks.secured(Secrets.AUTHENTICATED));
  }

  @TestFactory
  Stream<DynamicTest> conformanceEncrypted() {
    return LinkConformance.checks(TcpNetworks.secured(Secrets.ENCRYPTED));
  }

  @TestFactory
  Stream<DynamicTest> conformanceOverStripes() {
    return LinkConformance.checks(TcpNetworks::striped);
  }
}
