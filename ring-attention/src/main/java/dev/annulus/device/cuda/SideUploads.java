package dev.annulus.device.cuda;

import dev.annulus.device.DevicePoint;
import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Copies to the GPU in a queue of their own, beside the worker's operations. A copy waits for the
 * operations that may still use its target, and later operations wait for the copy.
 */
final class SideUploads implements AutoCloseable {
  /**
   * Points that are told apart. One that is handed out again names more operations than it did, so
   * who holds it still waits for long enough.
   */
  private static final int POINTS = 32;

  private final CudaSession session;
  private final CudaDriver.Stream copies;
  private final CudaDriver.Event done;
  private final List<Point> points = new ArrayList<>();
  private int next;

  /** An event in the worker's queue. */
  private record Point(CudaDriver.Event event) implements DevicePoint {}

  SideUploads(CudaSession session) {
    this.session = session;
    session.enter();
    this.copies = new CudaDriver.Stream();
    this.done = new CudaDriver.Event();
  }

  /** What was queued until now. */
  DevicePoint point() {
    session.enter();
    if (points.size() < POINTS) {
      points.add(new Point(new CudaDriver.Event()));
      next = points.size() - 1;
    }
    Point point = points.get(next);
    next = (next + 1) % POINTS;
    point.event().record(session.stream());
    return point;
  }

  /** What the GPU took from one point to a later one, in milliseconds; waits for it. */
  float millisBetween(DevicePoint from, DevicePoint to) {
    if (!(from instanceof Point start) || !(to instanceof Point end)) {
      throw new IllegalArgumentException("time from " + from + " to " + to);
    }
    session.enter();
    end.event().synchronize();
    return end.event().millisSince(start.event());
  }

  /**
   * Queues a copy.
   *
   * @param host native, stays as it is until {@link #await}
   * @param free of this device
   */
  void upload(MemorySegment host, Tensor tensor, DevicePoint free) {
    if (host.byteSize() > tensor.bytes() || !host.isNative() || !(free instanceof Point point)) {
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

  /** Waits until all copies are over. */
  void await() {
    session.enter();
    copies.synchronize();
  }

  @Override
  public void close() {
    session.enter();
    copies.synchronize();
    points.forEach(point -> point.event().destroy());
    done.destroy();
    copies.destroy();
  }
}
