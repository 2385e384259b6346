package dev.annulus.config;

/**
 * {@code transport:} how workers pass blocks to each other.
 *
 * @param kind default auto, which is Aeron
 * @param timeoutSeconds deadline of every wait for a peer; default 60
 * @param mtu bytes of a UDP datagram; default 8192, at most 65504; must not exceed what the network
 *     carries
 * @param termLength bytes of an Aeron term, a power of two; default 4 MiB: what is under way then
 *     stays in the cache
 * @param socketBuffer bytes of the sockets' send and receive buffers and, with Aeron, of the
 *     flow-control window; default 4 MiB
 * @param streams how many streams, each with its own threads and sockets, a message is striped
 *     over; default 1
 * @param threading who runs Aeron's media driver; default auto
 * @param idle what threads of the transport do when there is nothing to do; default backoff
 * @param ports that are listened on; default any free one
 * @param network which address of a host is listened on; default that which Spark knows it by
 * @param security how frames of peers are told from those of others
 */
public record TransportSettings(
    Kind kind,
    int timeoutSeconds,
    int mtu,
    int termLength,
    int socketBuffer,
    int streams,
    Threading threading,
    Idle idle,
    PortRange ports,
    BindNetwork network,
    SecuritySettings security) {
  /** How workers pass blocks to each other. */
  public enum Kind {
    /** Aeron. */
    AUTO,
    /** Shared memory between workers of one machine, UDP between machines. */
    AERON,
    /** TCP always: for networks whose packets are small. */
    TCP,
    /** Plain memory copies; only where all workers share one process. */
    IN_PROCESS
  }

  /** Who runs a media driver. */
  public enum Threading {
    /** Dedicated where the machine has {@link #CORES_A_STREAM} cores a stream, else shared. */
    AUTO,
    /** The link's own thread, one a stream: no more threads than cores on small machines. */
    SHARED,
    /** Threads of its own for sending, receiving and conducting. */
    DEDICATED
  }

  /** What a thread does when there is nothing to do. */
  public enum Idle {
    /** Spins, yields, then sleeps longer and longer: workers have the cores. */
    BACKOFF,
    /** Yields the core each time. */
    YIELDING,
    /** Never gives the core away: lowest latency, a core a thread. */
    BUSY_SPIN
  }

  /** Cores from which each stream is given a media driver with threads of its own. */
  public static final int CORES_A_STREAM = 4;

  /** Any free port, and protected where Spark has a secret. */
  public TransportSettings(
      Kind kind,
      int timeoutSeconds,
      int mtu,
      int termLength,
      int socketBuffer,
      int streams,
      Threading threading,
      Idle idle) {
    this(
        kind,
        timeoutSeconds,
        mtu,
        termLength,
        socketBuffer,
        streams,
        threading,
        idle,
        PortRange.ANY,
        BindNetwork.AUTO,
        SecuritySettings.DEFAULT);
  }

  /** One stream, and the rest as it is chosen where nothing is said. */
  public TransportSettings(
      Kind kind, int timeoutSeconds, int mtu, int termLength, int socketBuffer) {
    this(kind, timeoutSeconds, mtu, termLength, socketBuffer, 1, Threading.AUTO, Idle.BACKOFF);
  }
}
