package dev.annulus.config;

import java.util.OptionalInt;

/**
 * {@code device:} what computes.
 *
 * @param kind default auto: the best that is there
 * @param precision default float32
 * @param threads of a worker on the CPU; default auto: the host's cores shared out over the workers
 *     on it
 */
public record DeviceSettings(Kind kind, Precision precision, OptionalInt threads) {
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

  /** What activations and traffic are held in. */
  public enum Precision {
    FLOAT32,
    BFLOAT16
  }
}
