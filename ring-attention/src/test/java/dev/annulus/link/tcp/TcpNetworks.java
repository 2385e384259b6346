package dev.annulus.link.tcp;

import dev.annulus.config.TransportSettings;
import dev.annulus.link.Connecting;
import dev.annulus.link.Link;
import dev.annulus.link.LinkConformance;
import dev.annulus.link.security.LinkSecurity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Networks of workers in this process over TCP. */
public final class TcpNetworks {
  static final String HOST = "127.0.0.1";
  static final int SOCKET_BUFFER = 1 << 20;

  private TcpNetworks() {}

  public static List<Link> single(int size, Duration timeout, BooleanSupplier cancelled) {
    return open(1, size, timeout, cancelled);
  }

  /** Striped over three streams. */
  public static List<Link> striped(int size, Duration timeout, BooleanSupplier cancelled) {
    return open(3, size, timeout, cancelled);
  }

  /** Striped over three streams, with frames protected. */
  static LinkConformance.Network secured(LinkSecurity security) {
    return (size, timeout, cancelled) ->
        Connecting.all(endpoints(3, size, timeout, security), cancelled);
  }

  static List<TcpEndpoint> endpoints(int streams, int size, Duration timeout) {
    return endpoints(streams, size, timeout, LinkSecurity.NONE);
  }

  static List<TcpEndpoint> endpoints(
      int streams, int size, Duration timeout, LinkSecurity security) {
    List<TcpEndpoint> endpoints = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      endpoints.add(endpoint(streams, timeout, HOST, security));
    }
    return endpoints;
  }

  static TcpEndpoint endpoint(int streams, Duration timeout, String host, LinkSecurity security) {
    TransportSettings settings =
        new TransportSettings(
            TransportSettings.Kind.TCP,
            60,
            8192,
            1 << 20,
            SOCKET_BUFFER,
            streams,
            TransportSettings.Threading.SHARED,
            TransportSettings.Idle.BACKOFF);
    return TcpEndpoint.open(settings, timeout.toNanos(), host, security);
  }

  private static List<Link> open(
      int streams, int size, Duration timeout, BooleanSupplier cancelled) {
    return Connecting.all(endpoints(streams, size, timeout), cancelled);
  }
}
