package dev.annulus.spark.gang;

import java.util.concurrent.TimeUnit;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;

/**
 * Counts the tasks that run. A job that failed or was cancelled is over for Spark while its other
 * tasks still leave their step; whoever stops Spark then takes the ground from under them.
 */
final class RunningTasks extends SparkListener {
  private int running;

  @Override
  public synchronized void onTaskStart(SparkListenerTaskStart started) {
    running++;
  }

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd ended) {
    running--;
    notifyAll();
  }

  /** Tasks that run now. */
  synchronized int running() {
    return running;
  }

  /**
   * Waits until no task runs, or the time is up: a worker that hangs must not hold up the driver.
   *
   * @return whether none runs
   */
  synchronized boolean awaitNone(long timeout, TimeUnit unit) throws InterruptedException {
    long deadline = System.nanoTime() + unit.toNanos(timeout);
    while (running > 0) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }
}
