package dev.annulus.link.aeron;

import dev.annulus.link.EndpointConformance;
import dev.annulus.link.LinkConformance;
import dev.annulus.link.security.LinkSecurity;
import dev.annulus.link.security.Secrets;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

final class AeronLinkTest {
  private static AeronNetworks.Held driver;

  @BeforeAll
  static void start() {
    driver = AeronNetworks.holdDriver();
  }

  @AfterAll
  static void stop() {
    driver.close();
  }

  @TestFactory
  Stream<DynamicTest> conformanceOverSharedMemory() {
    return LinkConformance.checks(AeronNetworks::ipc);
  }

  @TestFactory
  Stream<DynamicTest> endpoints() {
    return EndpointConformance.checks(
        timeout ->
            AeronEndpoint.open(
                AeronNetworks.OPTIONS,
                2,
                timeout.toNanos(),
                AeronNetworks.HOST,
                LinkSecurity.NONE,
                true));
  }

  @TestFactory
  Stream<DynamicTest> conformanceOverUdp() {
    return LinkConformance.checks(AeronNetworks::udp);
  }

  @TestFactory
  Stream<DynamicTest> conformanceWithProofs() {
    return LinkConformance.checks(AeronNetworks.secured(Secrets.AUTHENTICATED));
  }

  @TestFactory
  Stream<DynamicTest> conformanceEncrypted() {
    return LinkConformance.checks(AeronNetworks.secured(Secrets.ENCRYPTED));
  }

  @TestFactory
  Stream<DynamicTest> conformanceOverStripes() {
    return LinkConformance.checks(AeronNetworks::striped);
  }
}
