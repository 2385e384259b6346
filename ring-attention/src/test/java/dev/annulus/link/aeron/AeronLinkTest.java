package dev.annulus.link.aeron;

import dev.annulus.link.LinkConformance;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

final class AeronLinkTest {
  private static AeronRuntime runtime;

  /** So that not every test starts a driver of its own. */
  @BeforeAll
  static void start() {
    runtime = AeronRuntime.acquire(AeronNetworks.OPTIONS);
  }

  @AfterAll
  static void stop() {
    runtime.release();
  }

  @TestFactory
  Stream<DynamicTest> conformanceOverSharedMemory() {
    return LinkConformance.checks(AeronNetworks::ipc);
  }

  @TestFactory
  Stream<DynamicTest> conformanceOverUdp() {
    return LinkConformance.checks(AeronNetworks::udp);
  }
}
