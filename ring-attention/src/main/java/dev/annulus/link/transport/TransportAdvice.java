package dev.annulus.link.transport;

import dev.annulus.config.TransportSettings;
import dev.annulus.config.TransportSettings.Kind;
import dev.annulus.link.transport.NetworkInterfaces.Interface;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Which transport fits the network between machines. Aeron sends one packet a datagram and moves so
 * many packets a second, so its rate goes with the size of a packet; TCP leaves cutting and joining
 * to the kernel. Between workers of one machine Aeron's shared memory is faster than either.
 *
 * @param kind what fits where workers span machines
 * @param reason why
 * @param problem what in the settings does not go with the network; empty if nothing
 */
public record TransportAdvice(Kind kind, String reason, Optional<String> problem) {
  /** Of Ethernet unless told otherwise, and of most clouds between zones. */
  private static final int SMALL_MTU = 1500;

  /** IPv4's and UDP's headers. */
  private static final int HEADERS = 28;

  /** What the settings and the interfaces of this machine come to. */
  public static TransportAdvice of(TransportSettings settings, List<Interface> interfaces) {
    Optional<Interface> narrowest =
        interfaces.stream().min(Comparator.comparingInt(Interface::mtu));
    if (narrowest.isEmpty()) {
      return new TransportAdvice(
          Kind.AERON, "no network beyond this machine: shared memory is fastest", Optional.empty());
    }
    int mtu = narrowest.get().mtu();
    String name = narrowest.get().name();
    if (mtu <= SMALL_MTU) {
      return new TransportAdvice(
          Kind.TCP,
          "packets of %s hold %d bytes: Aeron's UDP moves 0.2 to 0.4 GB/s a stream in such, TCP several times that"
              .formatted(name, mtu),
          settings.kind() == Kind.TCP
              ? Optional.empty()
              : Optional.of(
                  "where workers span machines set transport.kind: tcp"
                      + fragments(settings, mtu, name)));
    }
    return new TransportAdvice(
        Kind.AERON,
        "packets of %s hold %d bytes".formatted(name, mtu),
        settings.kind() != Kind.TCP && settings.mtu() + HEADERS > mtu
            ? Optional.of("where workers span machines" + fragments(settings, mtu, name))
            : Optional.empty());
  }

  private static String fragments(TransportSettings settings, int mtu, String name) {
    int fits = (mtu - HEADERS) / 32 * 32;
    return settings.mtu() <= fits
        ? ""
        : ", or transport.mtu: %d, as datagrams of %d bytes do not fit %s whole"
            .formatted(fits, settings.mtu(), name);
  }
}
