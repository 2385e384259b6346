package dev.annulus.device.cuda;

import dev.annulus.device.DevicePoint;
import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;

/** Copies to the host in a queue of their own, beside the worker's operations. */
final class SideDownloads implements AutoCloseable {
  private final CudaSession session;
  private final CudaDriver.Stream copies;
  private final QueuePoints points;

  /** The newest point, and whether copies were queued behind it. */
  private DevicePoint last = DevicePoint.NOW;

  private boolean more;

  SideDownloads(CudaSession session) {
    this.session = session;
    session.enter();
    this.copies = new CudaDriver.Stream();
    this.points = new QueuePoints(session, copies);
  }

  /**
   * Queues a copy.
   *
   * @param host native, of at least the tensor's size
   * @param written of this device
   */
  void download(Tensor tensor, MemorySegment host, DevicePoint written) {
    if (host.byteSize() < tensor.bytes()
        || !host.isNative()
        || !(written instanceof QueuePoints.Point point)) {
      throw new IllegalArgumentException(
          "download of %d bytes to %d of %s memory after %s"
              .formatted(
                  tensor.bytes(), host.byteSize(), host.isNative() ? "native" : "heap", written));
    }
    if (tensor.bytes() > 0) {
      session.enter();
      copies.await(point.event());
      CudaDriver.copyToHost(session.address(tensor), host.address(), tensor.bytes(), copies);
      more = true;
    }
  }

  /** The copies that were queued until now. */
  DevicePoint point() {
    if (more) {
      last = points.point();
      more = false;
    }
    return last;
  }

  @Override
  public void close() {
    session.enter();
    copies.synchronize();
    points.close();
    copies.destroy();
  }
}
