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
    try {
      List<Interface> found = new ArrayList<>();
      for (NetworkInterface candidate : NetworkInterface.networkInterfaces().toList()) {
        List<String> addresses =
            candidate
                .inetAddresses()
                .filter(address -> !address.isLinkLocalAddress())
                .map(InetAddress::getHostAddress)
                .toList();
        if (candidate.isUp() && !candidate.isLoopback() && !addresses.isEmpty()) {
          found.add(new Interface(candidate.getName(), candidate.getMTU(), addresses));
        }
      }
      return found;
    } catch (SocketException e) {
      throw new UncheckedIOException("cannot read the network interfaces", e);
    }
  }
}
