package dev.annulus.link.aeron;

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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** One worker's place on an Aeron network; what is shared by a process is shared underneath. */
public final class AeronEndpoint implements Endpoint {
  private final long timeoutNs;
  private final boolean forceUdp;
  private final LinkSession session;
  private final List<AeronRuntime> runtimes = new ArrayList<>();
  private final List<AeronStream> streams = new ArrayList<>();
  private AeronAddress address;
  private StripedLink link;
  private boolean closed;

  private AeronEndpoint(long timeoutNs, LinkSession session, boolean forceUdp) {
    this.timeoutNs = timeoutNs;
    this.session = session;
    this.forceUdp = forceUdp;
  }

  /**
   * Listens on a free UDP port a stream of one address of this machine, and in memory for workers
   * of this machine.
   *
   * @param bindHost a name or address at which peers reach this machine; never all addresses
   * @param security what frames are protected with
   * @throws dev.annulus.link.TransportUnavailableException if Aeron cannot start here or the
   *     address is not usable
   */
  public static AeronEndpoint open(
      TransportSettings settings, String bindHost, LinkSecurity security) {
    long timeoutNs = TimeUnit.SECONDS.toNanos(settings.timeoutSeconds());
    DriverOptions options = DriverOptions.of(settings);
    return open(options, settings.streams(), timeoutNs, bindHost, security, false);
  }

  /** With {@code forceUdp} workers of this machine too are talked to over UDP. */
  static AeronEndpoint open(
      DriverOptions options,
      int streams,
      long timeoutNs,
      String bindHost,
      LinkSecurity security,
      boolean forceUdp) {
    String host = BindAddress.of(bindHost).getHostAddress();
    AeronEndpoint endpoint = new AeronEndpoint(timeoutNs, LinkSession.begin(security), forceUdp);
    try {
      for (int stream = 0; stream < streams; stream++) {
        AeronRuntime runtime = AeronRuntime.acquire(options, stream);
        endpoint.runtimes.add(runtime);
        endpoint.streams.add(new AeronStream(runtime, stream, host));
      }
      endpoint.streams.forEach(AeronStream::listen);
    } catch (RuntimeException e) {
      endpoint.close();
      throw e;
    }
    endpoint.address =
        new AeronAddress(
            Frame.VERSION, host, endpoint.streams.stream().map(AeronStream::place).toList());
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
    List<AeronAddress> peers =
        AddressBook.check(
            AeronAddress.TRANSPORT,
            rank,
            address,
            session.addresses(rank, addresses),
            AeronAddress::parse);
    Seals seals = session.seals(addresses, runId, epoch);
    StripedLink connecting =
        new StripedLink(rank, peers.size(), streams, timeoutNs, cancelled, this::close);
    link = connecting;
    for (int stream = 0; stream < streams.size(); stream++) {
      Route toHere = new Route(runId, epoch, -1, rank, stream);
      streams.get(stream).connect(connecting, peers, toHere, seals, forceUdp);
    }
    Greeting.neighbours(connecting);
    return connecting;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (link != null) {
      link.abandon();
    } else {
      streams.forEach(AeronStream::close);
    }
    AeronRuntime.release(runtimes);
  }
}
