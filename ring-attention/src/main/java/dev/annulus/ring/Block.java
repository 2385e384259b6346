package dev.annulus.ring;

import dev.annulus.device.Device;
import dev.annulus.device.DevicePoint;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Keys and values of one rank's tokens, or the gradients of both: two matrices [tokens, kvColumns]
 * of one type. A link moves host memory: that of the tensors themselves where the device has it,
 * else a mirror of them. Peers of a host may copy the tensors themselves, where these are shown.
 *
 * @param hostK as many bytes as {@code k}; null while no link needs it
 * @param hostV as many bytes as {@code v}; null while no link needs it
 * @param shown where peers find the tensors; null if they do not
 */
record Block(Tensor k, Tensor v, MemorySegment hostK, MemorySegment hostV, ShownMemory shown) {
  /** A block whose tensors lie in host memory, or that does not travel. */
  static Block of(Tensor k, Tensor v) {
    return new Block(k, v, k.memory(), v.memory(), null);
  }

  /** A block that no link moves. */
  static Block onDevice(Tensor k, Tensor v, ShownMemory shown) {
    return new Block(k, v, null, null, shown);
  }

  /** The same with a mirror in host memory. */
  Block withMirror(MemorySegment mirrorK, MemorySegment mirrorV) {
    return new Block(k, v, mirrorK, mirrorV, shown);
  }

  /** Bytes of one token's row in either matrix. */
  long rowBytes() {
    return k.columns() * k.type().bytes();
  }

  /** The first tokens of this block. */
  Block tokens(long tokens) {
    long bytes = tokens * rowBytes();
    return new Block(
        k.rows(0, tokens),
        v.rows(0, tokens),
        hostK == null ? null : hostK.asSlice(0, bytes),
        hostV == null ? null : hostV.asSlice(0, bytes),
        shown);
  }

  /** Copies rows to the same place of another block. */
  void copyTo(Block target, RowRanges rows, Kernels kernels) {
    for (int i = 0; i < rows.ranges(); i++) {
      long start = rows.start(i);
      long end = rows.end(i);
      kernels.copy(k.rows(start, end), target.k.rows(start, end));
      kernels.copy(v.rows(start, end), target.v.rows(start, end));
    }
  }

  /** Sets rows to 0. */
  void clear(RowRanges rows, Kernels kernels) {
    for (int i = 0; i < rows.ranges(); i++) {
      kernels.fill(k.rows(rows.start(i), rows.end(i)), 0);
      kernels.fill(v.rows(rows.start(i), rows.end(i)), 0);
    }
  }

  /** Adds rows of this block to those of another. */
  void addTo(Block sum, RowRanges rows, Kernels kernels) {
    for (int i = 0; i < rows.ranges(); i++) {
      long start = rows.start(i);
      long end = rows.end(i);
      kernels.add(k.rows(start, end), sum.k.rows(start, end));
      kernels.add(v.rows(start, end), sum.v.rows(start, end));
    }
  }

  /**
   * Starts to bring rows that were computed, or are in what is queued, into the mirror. They lie
   * there once {@link Device#downloads} is reached.
   */
  void toHost(RowRanges rows, Device device) {
    if (!device.hasHostMemory() && !rows.isEmpty()) {
      DevicePoint written = device.point();
      for (int i = 0; i < rows.ranges(); i++) {
        long start = rows.start(i);
        long end = rows.end(i);
        device.downloadBeside(k.rows(start, end), host(hostK, start, end), written);
        device.downloadBeside(v.rows(start, end), host(hostV, start, end), written);
      }
    }
  }

  /**
   * Brings rows that have arrived in the mirror into the tensors.
   *
   * @param free after which nothing uses those rows of the tensors
   */
  void fromHost(RowRanges rows, Device device, DevicePoint free) {
    if (!device.hasHostMemory()) {
      for (int i = 0; i < rows.ranges(); i++) {
        long start = rows.start(i);
        long end = rows.end(i);
        device.uploadBeside(host(hostK, start, end), k.rows(start, end), free);
        device.uploadBeside(host(hostV, start, end), v.rows(start, end), free);
      }
    }
  }

  /** Rows of one matrix in host memory. */
  MemorySegment host(MemorySegment matrix, long start, long end) {
    return matrix.asSlice(start * rowBytes(), (end - start) * rowBytes());
  }
}
