package dev.annulus.link.aeron;

import io.aeron.Aeron;
import io.aeron.driver.MediaDriver;
import java.util.concurrent.TimeUnit;

/**
 * All of Aeron's timeouts, in one place, as they depend on each other: a driver refuses to start
 * unless unblocking takes longer than a client may be silent, and both must outlast a pause of the
 * garbage collector. A peer that dies without a word is noticed after {@link #PEER_NS}; one that
 * closes, at once.
 */
final class Liveness {
  static final long DRIVER_TIMEOUT_MS = 10_000;

  /** How long data or status messages of a peer may stay away. */
  static final long PEER_NS = TimeUnit.SECONDS.toNanos(3);

  /** How long what was sent may take to be received by a peer after closing. */
  static final long LINGER_NS = TimeUnit.SECONDS.toNanos(5);

  private static final long CLIENT_NS = TimeUnit.SECONDS.toNanos(10);
  private static final long UNBLOCK_NS = TimeUnit.SECONDS.toNanos(15);
  private static final long STATUS_MESSAGE_NS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long TIMER_NS = TimeUnit.MILLISECONDS.toNanos(50);

  private Liveness() {}

  static void apply(MediaDriver.Context driver) {
    driver
        .driverTimeoutMs(DRIVER_TIMEOUT_MS)
        .clientLivenessTimeoutNs(CLIENT_NS)
        .publicationUnblockTimeoutNs(UNBLOCK_NS)
        .imageLivenessTimeoutNs(PEER_NS)
        .publicationConnectionTimeoutNs(PEER_NS)
        .publicationLingerTimeoutNs(LINGER_NS)
        .statusMessageTimeoutNs(STATUS_MESSAGE_NS)
        .timerIntervalNs(TIMER_NS);
  }

  static void apply(Aeron.Context client) {
    client
        .driverTimeoutMs(DRIVER_TIMEOUT_MS)
        .keepAliveIntervalNs(TimeUnit.MILLISECONDS.toNanos(500));
  }
}
