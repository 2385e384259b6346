package dev.annulus.link.tcp;

import dev.annulus.link.Connecting;
import dev.annulus.link.Link;
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

  static List<TcpEndpoint> endpoints(int streams, int size, Duration timeout) {
    List<TcpEndpoint> endpoints = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      endpoints.add(TcpEndpoint.open(streams, SOCKET_BUFFER, timeout.toNanos(), HOST));
    }
    return endpoints;
  }

  private static List<Link> open(
      int streams, int size, Duration timeout, BooleanSupplier cancelled) {
    return Connecting.all(endpoints(streams, size, timeout), cancelled);
  }
}
