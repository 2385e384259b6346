package dev.annulus.device.counting;

import dev.annulus.device.DataType;
import dev.annulus.device.Device;

/**
 * What of a device decides how much is held on it.
 *
 * @param description for people
 * @param bfloat16 whether it computes in bf16 too
 * @param hostMemory whether the host reads and writes its memory
 * @param availableBytes free before anything of what is counted is taken, {@link Long#MAX_VALUE} if
 *     that is not known
 * @param availableHostBytes the same of memory of the host that its copies wait in
 */
public record DeviceTraits(
    String description,
    boolean bfloat16,
    boolean hostMemory,
    long availableBytes,
    long availableHostBytes) {
  /**
   * Those of a device.
   *
   * @param held bytes that it holds already of what will be counted
   */
  public static DeviceTraits of(Device device, long held) {
    long available = device.availableBytes();
    return new DeviceTraits(
        device.describe(),
        device.computesIn(DataType.BFLOAT16),
        device.hasHostMemory(),
        available == Long.MAX_VALUE ? available : available + held,
        device.availableHostBytes());
  }

  /** A GPU of another machine, of which nothing is known. */
  public static DeviceTraits gpuElsewhere() {
    return new DeviceTraits("a GPU of an executor", true, false, Long.MAX_VALUE, Long.MAX_VALUE);
  }
}
