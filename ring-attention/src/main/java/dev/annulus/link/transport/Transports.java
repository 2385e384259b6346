package dev.annulus.link.transport;

import dev.annulus.config.TransportSettings;
import dev.annulus.link.Endpoint;
import dev.annulus.link.InProcessEndpoint;
import dev.annulus.link.aeron.AeronEndpoint;
import dev.annulus.link.security.LinkSecurity;
import dev.annulus.link.tcp.TcpEndpoint;
import java.time.Duration;

/** The transports there are, by their settings. */
public final class Transports {
  private Transports() {}

  /**
   * A worker's place on the network.
   *
   * @param bindHost a name or address at which peers reach this machine; never all addresses
   * @param security what frames are protected with; nothing leaves the process in process
   * @throws dev.annulus.link.TransportUnavailableException if the transport cannot start here
   */
  public static Endpoint open(TransportSettings settings, String bindHost, LinkSecurity security) {
    return switch (settings.kind()) {
      case AUTO, AERON -> AeronEndpoint.open(settings, bindHost, security);
      case TCP -> TcpEndpoint.open(settings, bindHost, security);
      case IN_PROCESS -> InProcessEndpoint.open(Duration.ofSeconds(settings.timeoutSeconds()));
    };
  }
}
