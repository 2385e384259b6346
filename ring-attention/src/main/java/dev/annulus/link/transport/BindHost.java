package dev.annulus.link.transport;

import dev.annulus.config.BindNetwork;
import dev.annulus.link.TransportUnavailableException;
import dev.annulus.link.transport.NetworkInterfaces.Interface;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** The one address of this host that a worker listens on and is reached at. */
public final class BindHost {
  private BindHost() {}

  /**
   * Chooses among the addresses of this machine.
   *
   * @param network what was asked for
   * @param known the name or address by which the cluster knows this host
   * @throws TransportUnavailableException if this host has none that fits, or several
   */
  public static String of(BindNetwork network, String known) {
    return network instanceof BindNetwork.Auto
        ? known
        : choose(network, known, NetworkInterfaces.all());
  }

  static String choose(BindNetwork network, String known, List<Interface> interfaces) {
    List<String> fitting =
        switch (network) {
          case BindNetwork.Auto _ -> List.of(known);
          case BindNetwork.Block block -> within(block, interfaces);
          case BindNetwork.Interface named -> of(named, interfaces);
        };
    if (fitting.size() == 1) {
      return fitting.getFirst();
    }
    String place = "transport.network: " + network + " on host " + known + ": ";
    throw new TransportUnavailableException(
        fitting.isEmpty()
            ? place + "no address of it; the host has " + listed(interfaces)
            : place + "several addresses, " + String.join(", ", fitting) + ", expected one");
  }

  private static List<String> within(BindNetwork.Block block, List<Interface> interfaces) {
    return interfaces.stream()
        .flatMap(candidate -> candidate.addresses().stream())
        .filter(address -> block.contains(InetAddress.ofLiteral(address).getAddress()))
        .toList();
  }

  /** Its IPv4 addresses, as peers may speak nothing else; where it has none, all. */
  private static List<String> of(BindNetwork.Interface named, List<Interface> interfaces) {
    List<String> all = new ArrayList<>();
    interfaces.stream()
        .filter(candidate -> candidate.name().equals(named.name()))
        .forEach(candidate -> all.addAll(candidate.addresses()));
    List<String> ipv4 = all.stream().filter(address -> !address.contains(":")).toList();
    return ipv4.isEmpty() ? all : ipv4;
  }

  private static String listed(List<Interface> interfaces) {
    return interfaces.isEmpty()
        ? "no network"
        : String.join(
            ", ",
            interfaces.stream()
                .map(each -> each.name() + " (" + String.join(", ", each.addresses()) + ")")
                .toList());
  }
}
