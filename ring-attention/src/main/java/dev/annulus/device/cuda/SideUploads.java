package dev.annulus.device.cuda;

import dev.annulus.device.DevicePoint;
import dev.annulus.device.PeerAccess;
import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Copies to the GPU in a queue of their own, beside the worker's operations. A copy waits for the
 * operations that may still use its target, and later operations wait for the copy.
 */
final class SideUploads implements AutoCloseable {
  private final CudaSession session;
  private final CudaDriver.Stream copies;
  private final CudaDriver.Event done;
  private final QueuePoints copiedPoints;
  private boolean closed;

  SideUploads(CudaSession session) {
    this.session = session;
    session.enter();
    this.copies = new CudaDriver.Stream();
    this.done = new CudaDriver.Event();
    this.copiedPoints = new QueuePoints(session, copies);
  }

  /** The copies that were queued until now. */
  DevicePoint copied() {
    return copiedPoints.point();
  }

  /**
   * Queues a copy.
   *
   * @param host native, stays as it is until {@link #await}
   * @param free of this device
   */
  void upload(MemorySegment host, Tensor tensor, DevicePoint free) {
    if (host.byteSize() > tensor.bytes()
        || !host.isNative()
        || !(free instanceof QueuePoints.Point point)) {
      throw new IllegalArgumentException(
          "upload of %d bytes of %s memory to a tensor of %d after %s"
              .formatted(
                  host.byteSize(), host.isNative() ? "native" : "heap", tensor.bytes(), free));
    }
    if (host.byteSize() > 0) {
      session.enter();
      copies.await(point.event());
      CudaDriver.copyToDevice(host.address(), session.address(tensor), host.byteSize(), copies);
      done.record(copies);
      session.stream().await(done);
    }
  }

  /**
   * Queues copies from another worker's memory.
   *
   * @param address of it, seen from this GPU
   * @param free of this device
   */
  void pull(long address, List<PeerAccess.Piece> pieces, DevicePoint free) {
    if (!(free instanceof QueuePoints.Point point)) {
      throw new IllegalArgumentException("copy from another worker after " + free);
    }
    session.enter();
    copies.await(point.event());
    for (PeerAccess.Piece piece : pieces) {
      Tensor target = piece.target();
      if (target.bytes() > 0) {
        CudaDriver.copyOnDevice(
            address + piece.offset(), session.address(target), target.bytes(), copies);
      }
    }
    done.record(copies);
    session.stream().await(done);
  }

  /** Waits until all copies are over; also by another worker, whose memory they read. */
  synchronized void await() {
    if (!closed) {
      session.enter();
      copies.synchronize();
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    session.enter();
    copies.synchronize();
    copiedPoints.close();
    done.destroy();
    copies.destroy();
  }
}
