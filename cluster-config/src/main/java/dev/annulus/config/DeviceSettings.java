package dev.annulus.config;

import java.util.OptionalInt;

/**
 * {@code device:} what computes.
 *
 * @param kind default auto: the best that is there
 * @param precision default float32
 * @param memory default auto: the first that fits, from none to offload
 * @param threads of a worker on the CPU; default auto: the host's cores shared out over the workers
 *     on it
 * @param peerCopies default auto: from device to device where both can
 */
public record DeviceSettings(
    Kind kind, Precision precision, Memory memory, OptionalInt threads, PeerCopies peerCopies) {
  /** Settings with {@link PeerCopies#AUTO}. */
  public DeviceSettings(Kind kind, Precision precision, Memory memory, OptionalInt threads) {
    this(kind, precision, memory, threads, PeerCopies.AUTO);
  }

  /** Settings with {@link Memory#AUTO} and as many threads as there is room for. */
  public DeviceSettings(Kind kind, Precision precision) {
    this(kind, precision, Memory.AUTO, OptionalInt.empty());
  }

  /** What computes. */
  public enum Kind {
    AUTO,
    CPU,
    CUDA
  }

  /**
   * Threads for one of several workers on a host.
   *
   * @param cores of the host
   * @param workersOnHost that compute at the same time, this one included
   */
  public int threadsOf(int cores, int workersOnHost) {
    return threads.orElse(Math.max(1, cores / workersOnHost));
  }

  /**
   * Whether workers may find out who of them copies blocks from whose device. All of a run decide
   * alike, so it is not asked what each of them computes on.
   */
  public boolean mayCopyFromPeers() {
    return peerCopies == PeerCopies.AUTO && kind != Kind.CPU;
  }

  /** How blocks pass between workers of one host. */
  public enum PeerCopies {
    /** From device to device, where both can. */
    AUTO,
    /** Through memory of the host. */
    OFF
  }

  /** What activations are held in. */
  public enum Precision {
    FLOAT32,
    BFLOAT16
  }

  /**
   * Which activations are computed a second time for the backward pass rather than kept, and where
   * the others are.
   */
  public enum Memory {
    AUTO,
    /** None are. */
    NONE,
    /** All but each block's input and what its attention gives. */
    SELECTIVE,
    /** All but each block's input. */
    FULL,
    /** As the two before, but what is kept waits in memory of the host. */
    OFFLOAD
  }
}
