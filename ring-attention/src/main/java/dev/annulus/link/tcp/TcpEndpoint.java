package dev.annulus.link.tcp;

import dev.annulus.config.TransportSettings;
import dev.annulus.link.Endpoint;
import dev.annulus.link.Link;
import dev.annulus.link.frame.AddressBook;
import dev.annulus.link.frame.BindAddress;
import dev.annulus.link.frame.Frame;
import dev.annulus.link.frame.Greeting;
import dev.annulus.link.frame.Route;
import dev.annulus.link.frame.Seals;
import dev.annulus.link.frame.StripedLink;
import dev.annulus.link.security.LinkSecurity;
import dev.annulus.link.security.LinkSession;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** One worker's place on a TCP network. Shares nothing with other endpoints. */
public final class TcpEndpoint implements Endpoint {
  private final long timeoutNs;
  private final LinkSession session;
  private final List<TcpStream> streams = new ArrayList<>();
  private TcpAddress address;
  private StripedLink link;
  private boolean closed;

  private TcpEndpoint(long timeoutNs, LinkSession session) {
    this.timeoutNs = timeoutNs;
    this.session = session;
  }

  /**
   * Listens on a free port a stream of one address of this machine.
   *
   * @param bindHost a name or address at which peers reach this machine; never all addresses
   * @param security what frames are protected with
   * @throws dev.annulus.link.TransportUnavailableException if the address is not usable
   */
  public static TcpEndpoint open(
      TransportSettings settings, String bindHost, LinkSecurity security) {
    long timeoutNs = TimeUnit.SECONDS.toNanos(settings.timeoutSeconds());
    return open(settings, timeoutNs, bindHost, security);
  }

  /** With a deadline of less than a second, for tests. */
  static TcpEndpoint open(
      TransportSettings settings, long timeoutNs, String bindHost, LinkSecurity security) {
    InetAddress host = BindAddress.of(bindHost);
    TcpEndpoint endpoint = new TcpEndpoint(timeoutNs, LinkSession.begin(security));
    List<Integer> ports = new ArrayList<>();
    try {
      for (int stream = 0; stream < settings.streams(); stream++) {
        TcpStream opened = new TcpStream(stream, host, settings.socketBuffer(), timeoutNs);
        endpoint.streams.add(opened);
        ports.add(opened.listen(settings.ports()));
      }
    } catch (RuntimeException e) {
      endpoint.close();
      throw e;
    }
    endpoint.address = new TcpAddress(Frame.VERSION, host.getHostAddress(), ports);
    return endpoint;
  }

  @Override
  public String address() {
    return session.announce(address.text());
  }

  @Override
  public Link connect(
      int rank, List<String> addresses, long runId, int epoch, BooleanSupplier cancelled) {
    if (link != null || closed) {
      throw new IllegalStateException("the endpoint at " + address.text() + " was used before");
    }
    List<TcpAddress> peers =
        AddressBook.check(
            TcpAddress.TRANSPORT,
            rank,
            address,
            session.addresses(rank, addresses),
            TcpAddress::parse);
    Seals seals = session.seals(addresses, runId, epoch);
    link = new StripedLink(rank, peers.size(), streams, timeoutNs, cancelled, this::close);
    for (int stream = 0; stream < streams.size(); stream++) {
      streams.get(stream).connect(link, peers, new Route(runId, epoch, -1, rank, stream), seals);
    }
    Greeting.neighbours(link);
    return link;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (link != null) {
      link.abandon();
    }
    streams.forEach(TcpStream::close);
    streams.forEach(TcpStream::stop);
  }
}
