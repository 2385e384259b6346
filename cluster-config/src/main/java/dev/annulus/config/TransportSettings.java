package dev.annulus.config;

/**
 * {@code transport:} how workers pass blocks to each other.
 *
 * @param kind default auto: Aeron, over shared memory between workers of one process and UDP
 *     between processes
 * @param timeoutSeconds deadline of every wait for a peer; default 60
 * @param mtu bytes of a UDP datagram; default 8192, at most 65504; must not exceed what the network
 *     carries
 * @param termLength bytes of an Aeron term, a power of two; default 16 MiB
 * @param socketBuffer bytes of the sockets' send and receive buffers and of the flow-control
 *     window; default 4 MiB
 */
public record TransportSettings(
    Kind kind, int timeoutSeconds, int mtu, int termLength, int socketBuffer) {
  /** How workers pass blocks to each other. */
  public enum Kind {
    AUTO,
    /** Aeron always. */
    AERON,
    /** Plain memory copies; only where all workers share one process. */
    IN_PROCESS
  }
}
