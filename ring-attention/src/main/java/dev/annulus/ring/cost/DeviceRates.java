package dev.annulus.ring.cost;

/**
 * How fast a device works through blocks of attention.
 *
 * @param forwardFlops FLOP a second of the forward kernel, counted as 4 x visible pairs x query
 *     heads x head dim
 * @param backwardFlops of the backward kernel, counted as 2.5 times as many
 * @param memoryBytesPerSecond at which the device adds one array to another, every byte read or
 *     written counted
 */
public record DeviceRates(double forwardFlops, double backwardFlops, double memoryBytesPerSecond) {
  public DeviceRates {
    if (!(forwardFlops > 0 && backwardFlops > 0 && memoryBytesPerSecond > 0)) {
      throw new IllegalArgumentException(
          "a device of %s and %s FLOP/s and %s bytes/s"
              .formatted(forwardFlops, backwardFlops, memoryBytesPerSecond));
    }
  }
}
