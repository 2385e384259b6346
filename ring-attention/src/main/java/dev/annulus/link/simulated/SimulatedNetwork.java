package dev.annulus.link.simulated;

import dev.annulus.link.Link;
import dev.annulus.link.frame.Refusals;
import dev.annulus.link.frame.Route;
import dev.annulus.link.frame.Stripes;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Links between ranks in virtual time: a function of its conditions, its seed and what the ranks
 * do. Whoever drives the ranks runs {@link #time} from event to event, and looks after a rank when
 * {@link #onChange} says that something has become of its transfers.
 */
public final class SimulatedNetwork {
  static final Stripes ONE_STREAM = new Stripes(1);
  private static final long RUN_ID = 0x616E6E756C7573L;
  private static final int EPOCH = 2;

  private final StreamConditions streams;
  private final VirtualTime time = new VirtualTime();
  private final EventLog log;
  private final Hosts hosts;
  private final SplittableRandom random;
  private final Wire wire;
  private final List<SimulatedLink> links = new ArrayList<>();
  private Consumer<Integer> onChange = rank -> {};

  /**
   * @param size number of ranks, each on a host of its own
   * @param lines is told each event; null if nobody wants to read
   */
  public SimulatedNetwork(
      int size, WireConditions wire, StreamConditions streams, long seed, Consumer<String> lines) {
    this.streams = streams;
    this.log = new EventLog(time, lines);
    this.hosts = new Hosts(size, time, log);
    this.random = new SplittableRandom(seed);
    this.wire = new Wire(size, wire, time, hosts, log, random);
    for (int rank = 0; rank < size; rank++) {
      links.add(new SimulatedLink(this, rank, size));
    }
  }

  /** One a rank. */
  public List<Link> links() {
    return List.copyOf(links);
  }

  /** The clock of all. */
  public VirtualTime time() {
    return time;
  }

  /** What has happened. */
  public EventLog log() {
    return log;
  }

  /** Is called with the rank whenever transfers of one may have ended. */
  public void onChange(Consumer<Integer> listener) {
    onChange = listener;
  }

  /** Has something happen on a rank's host, later if it is frozen then, never if it is dead. */
  public void onHost(int rank, long delayNs, Runnable action) {
    hosts.after(rank, delayNs, action);
  }

  /** From now on nothing happens on a rank's host, as when a machine loses its power. */
  public void kill(int rank) {
    hosts.kill(rank);
  }

  /** For so long nothing happens on a rank's host, as when a process is stopped. */
  public void freeze(int rank, long durationNs) {
    hosts.freeze(rank, durationNs);
  }

  /** Whether a rank was killed. */
  public boolean isDead(int rank) {
    return hosts.isDead(rank);
  }

  /** Frames that a rank did not use, by what was wrong with them. */
  public Refusals refusals(int rank) {
    return links.get(rank).refusals();
  }

  StreamConditions streams() {
    return streams;
  }

  Hosts hosts() {
    return hosts;
  }

  SplittableRandom random() {
    return random;
  }

  Route route(int from, int to) {
    return new Route(RUN_ID, EPOCH, from, to, 0);
  }

  void changed(int rank) {
    onChange.accept(rank);
  }

  void tell(int from, int to, Datagram datagram) {
    wire.carry(from, to, datagram, () -> links.get(to).onDatagram(from, datagram));
  }
}
