package dev.annulus.ring;

import dev.annulus.device.PeerAccess;
import dev.annulus.device.Tensor;

/** Memory of a block that peers copy from: both matrices, one behind the other. */
final class ShownMemory {
  private final Tensor memory;
  private final long valuesAt;
  private byte[] handle;

  /**
   * Both matrices.
   *
   * @param memory of {@link PeerAccess#share}
   * @param valuesAt where the second begins, in bytes
   */
  ShownMemory(Tensor memory, long valuesAt) {
    this.memory = memory;
    this.valuesAt = valuesAt;
  }

  /** What a peer finds it by; the first time is the one that counts. */
  byte[] handle(PeerAccess access) {
    if (handle == null) {
      handle = access.handle(memory);
    }
    return handle;
  }

  long valuesAt() {
    return valuesAt;
  }
}
