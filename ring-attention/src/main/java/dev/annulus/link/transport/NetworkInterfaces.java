package dev.annulus.link.transport;

import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;

/** The ways out of this machine: interfaces that are up, have addresses and are not loopback. */
public final class NetworkInterfaces {
  private NetworkInterfaces() {}

  /**
   * One of them.
   *
   * @param mtu bytes of the largest packet it carries whole
   */
  public record Interface(String name, int mtu, List<String> addresses) {
    public Interface {
      addresses = List.copyOf(addresses);
    }

    @Override
    public String toString() {
      return name + " (" + String.join(", ", addresses) + ") MTU " + mtu;
    }
  }

  /** Looks. */
  public static List<Interface> outward() {
    return find(false);
  }

  /** All that are up and have addresses, loopback too. */
  static List<Interface> all() {
    return find(true);
  }

  private static List<Interface> find(boolean loopback) {
    try {
      List<Interface> found = new ArrayList<>();
      for (NetworkInterface candidate : NetworkInterface.networkInterfaces().toList()) {
        List<String> addresses =
            candidate
                .inetAddresses()
                .filter(address -> !address.isLinkLocalAddress())
                .map(NetworkInterfaces::text)
                .toList();
        if (candidate.isUp() && (loopback || !candidate.isLoopback()) && !addresses.isEmpty()) {
          found.add(new Interface(candidate.getName(), candidate.getMTU(), addresses));
        }
      }
      return found;
    } catch (SocketException e) {
      throw new UncheckedIOException("cannot read the network interfaces", e);
    }
  }

  /** Without the name of the interface, which Java adds to addresses of IPv6. */
  private static String text(InetAddress address) {
    return address.getHostAddress().replaceFirst("%.*", "");
  }
}
