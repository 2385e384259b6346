package dev.annulus.link.aeron;

import dev.annulus.config.TransportSettings;
import dev.annulus.config.TransportSettings.Kind;
import dev.annulus.link.Connecting;
import dev.annulus.link.Link;
import dev.annulus.link.LinkConformance;
import dev.annulus.link.security.LinkSecurity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Networks of workers in this process over Aeron. */
public final class AeronNetworks {
  static final String HOST = "127.0.0.1";

  static final DriverOptions OPTIONS = options(8192);

  private AeronNetworks() {}

  /** Keeps drivers running until it is closed, so that not every network starts its own. */
  public static Held holdDriver() {
    List<AeronRuntime> held = new ArrayList<>();
    for (int stream = 0; stream < 3; stream++) {
      held.add(AeronRuntime.acquire(OPTIONS, stream));
    }
    return () -> AeronRuntime.release(held);
  }

  /** A driver that is kept. */
  public interface Held extends AutoCloseable {
    @Override
    void close();
  }

  /** Over shared memory. */
  public static List<Link> ipc(int size, Duration timeout, BooleanSupplier cancelled) {
    return open(OPTIONS, 1, false, size, timeout, cancelled);
  }

  /** Over UDP on this machine. */
  public static List<Link> udp(int size, Duration timeout, BooleanSupplier cancelled) {
    return open(OPTIONS, 1, true, size, timeout, cancelled);
  }

  /** Over UDP, striped over three streams. */
  public static List<Link> striped(int size, Duration timeout, BooleanSupplier cancelled) {
    return open(OPTIONS, 3, true, size, timeout, cancelled);
  }

  /** Two workers, with the terms and buffers of a real run. */
  public static List<Link> large(boolean udp, int mtu, Duration timeout) {
    TransportSettings settings = new TransportSettings(Kind.AERON, 30, mtu, 16 << 20, 4 << 20);
    return open(DriverOptions.of(settings), 1, udp, 2, timeout, () -> false);
  }

  /** One end, for workers in two processes. */
  public static AeronEndpoint endpoint(TransportSettings settings, boolean forceUdp) {
    return endpoint(settings, LinkSecurity.NONE, forceUdp);
  }

  /** The same, with frames protected. */
  public static AeronEndpoint endpoint(
      TransportSettings settings, LinkSecurity security, boolean forceUdp) {
    long timeoutNs = TimeUnit.SECONDS.toNanos(settings.timeoutSeconds());
    return AeronEndpoint.open(
        DriverOptions.of(settings), settings.streams(), timeoutNs, HOST, security, forceUdp);
  }

  static DriverOptions options(int mtu) {
    return DriverOptions.of(new TransportSettings(Kind.AERON, 30, mtu, 1 << 20, 256 << 10));
  }

  /** Over UDP, striped over three streams, with frames protected. */
  static LinkConformance.Network secured(LinkSecurity security) {
    return (size, timeout, cancelled) -> open(OPTIONS, 3, security, true, size, timeout, cancelled);
  }

  static List<Link> open(
      DriverOptions options,
      int streams,
      boolean udp,
      int size,
      Duration timeout,
      BooleanSupplier cancelled) {
    return open(options, streams, LinkSecurity.NONE, udp, size, timeout, cancelled);
  }

  private static List<Link> open(
      DriverOptions options,
      int streams,
      LinkSecurity security,
      boolean udp,
      int size,
      Duration timeout,
      BooleanSupplier cancelled) {
    List<AeronEndpoint> endpoints = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      endpoints.add(AeronEndpoint.open(options, streams, timeout.toNanos(), HOST, security, udp));
    }
    return Connecting.all(endpoints, cancelled);
  }
}
