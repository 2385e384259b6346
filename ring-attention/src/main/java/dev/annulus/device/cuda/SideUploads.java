package dev.annulus.device.cuda;

import dev.annulus.device.DevicePoint;
import dev.annulus.device.PeerAccess;
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

  private final List<Point> copiedPoints = new ArrayList<>();
  private int nextCopied;
  private boolean closed;

  /** An event in the worker's queue, or in that of the copies. */
  private record Point(CudaSession session, CudaDriver.Event event) implements DevicePoint {
    @Override
    public boolean isReached() {
      session.enter();
      return event.isReached();
    }
  }

  SideUploads(CudaSession session) {
    this.session = session;
    session.enter();
    this.copies = new CudaDriver.Stream();
    this.done = new CudaDriver.Event();
  }

  /** What was queued until now. */
  DevicePoint point() {
    Point point = turn(points, next);
    next = (next + 1) % POINTS;
    point.event().record(session.stream());
    return point;
  }

  /** The copies that were queued until now. */
  DevicePoint copied() {
    Point point = turn(copiedPoints, nextCopied);
    nextCopied = (nextCopied + 1) % POINTS;
    point.event().record(copies);
    return point;
  }

  private Point turn(List<Point> all, int index) {
    session.enter();
    if (index == all.size()) {
      all.add(new Point(session, new CudaDriver.Event()));
    }
    return all.get(index);
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

  /**
   * Queues copies from another worker's memory.
   *
   * @param address of it, seen from this GPU
   * @param free of this device
   */
  void pull(long address, List<PeerAccess.Piece> pieces, DevicePoint free) {
    if (!(free instanceof Point point)) {
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
    copiedPoints.forEach(point -> point.event().destroy());
    points.forEach(point -> point.event().destroy());
    done.destroy();
    copies.destroy();
  }
}
