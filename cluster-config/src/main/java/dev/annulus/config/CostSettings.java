package dev.annulus.config;

import java.util.OptionalDouble;

/**
 * {@code parallel.cost:} what the choice of a route reckons with. What is not given is taken from
 * what was measured of devices and links of the kind.
 *
 * @param flops FLOP a second of a worker's attention forward; its backward is taken at nine tenths
 * @param bytesPerSecond out of one worker, and at the same time into it
 * @param latencyMicros from the last byte's leaving one worker to its being at another
 */
public record CostSettings(
    OptionalDouble flops, OptionalDouble bytesPerSecond, OptionalDouble latencyMicros) {
  /** Nothing given. */
  public static final CostSettings DEFAULTS =
      new CostSettings(OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty());
}
