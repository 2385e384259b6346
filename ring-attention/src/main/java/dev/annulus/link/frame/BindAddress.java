package dev.annulus.link.frame;

import dev.annulus.link.TransportUnavailableException;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** The one address of this machine that an endpoint listens on. */
public final class BindAddress {
  private BindAddress() {}

  /**
   * The address of a name, as peers may resolve the name otherwise.
   *
   * @throws TransportUnavailableException if it is unknown, or stands for all addresses
   */
  public static InetAddress of(String host) {
    try {
      InetAddress address = InetAddress.getByName(host);
      if (address.isAnyLocalAddress()) {
        throw new TransportUnavailableException(
            "listening on " + host + " would be on all addresses, expected one of this machine");
      }
      return address;
    } catch (UnknownHostException e) {
      throw new TransportUnavailableException("cannot listen on " + host + ": unknown host", e);
    }
  }

  /** {@code host:port}; IPv6 addresses stand in brackets. */
  public static String endpoint(String host, int port) {
    return bracketed(host) + ":" + port;
  }

  /** A host as it stands in front of a port. */
  public static String bracketed(String host) {
    return host.contains(":") ? "[" + host + "]" : host;
  }
}
