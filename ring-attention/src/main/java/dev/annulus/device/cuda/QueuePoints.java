package dev.annulus.device.cuda;

import dev.annulus.device.DevicePoint;
import java.util.ArrayList;
import java.util.List;

/** Points in one queue of the GPU. */
final class QueuePoints implements AutoCloseable {
  /**
   * Points that are told apart. One that is handed out again names more operations than it did, so
   * who holds it still waits for long enough.
   */
  private static final int POINTS = 32;

  private final CudaSession session;
  private final CudaDriver.Stream queue;
  private final List<Point> points = new ArrayList<>();
  private int next;

  /** An event in a queue. */
  record Point(CudaSession session, CudaDriver.Event event) implements DevicePoint {
    @Override
    public boolean isReached() {
      session.enter();
      return event.isReached();
    }

    @Override
    public void await() {
      session.enter();
      event.synchronize();
    }
  }

  QueuePoints(CudaSession session, CudaDriver.Stream queue) {
    this.session = session;
    this.queue = queue;
  }

  /** What was queued until now. */
  DevicePoint point() {
    session.enter();
    if (next == points.size()) {
      points.add(new Point(session, new CudaDriver.Event()));
    }
    Point point = points.get(next);
    next = (next + 1) % POINTS;
    point.event().record(queue);
    return point;
  }

  /** What the GPU took from one point to a later one, in milliseconds; waits for it. */
  static float millisBetween(DevicePoint from, DevicePoint to) {
    if (!(from instanceof Point start) || !(to instanceof Point end)) {
      throw new IllegalArgumentException("time from " + from + " to " + to);
    }
    end.await();
    return end.event().millisSince(start.event());
  }

  @Override
  public void close() {
    session.enter();
    points.forEach(point -> point.event().destroy());
  }
}
