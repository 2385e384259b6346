package dev.annulus.device;

/** A point in the queue of a device's operations: all that were queued before it. */
public interface DevicePoint {
  /** Of a device that has done everything when a call returns. */
  DevicePoint NOW = new DevicePoint() {};

  /** Whether all of them are done; does not wait. */
  default boolean isReached() {
    return true;
  }

  /** Waits until all of them are done. */
  default void await() {}
}
