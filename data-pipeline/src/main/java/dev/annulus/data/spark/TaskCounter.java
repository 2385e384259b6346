package dev.annulus.data.spark;

import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/** Counts Spark's tasks, phase by phase. Listens from its making until it is closed. */
final class TaskCounter extends SparkListener implements AutoCloseable {
  private final SparkContext context;
  private final PrepareProgress progress;
  private String phase = "";
  private int total;
  private int done;

  TaskCounter(SparkContext context, PrepareProgress progress) {
    this.context = context;
    this.progress = progress;
    context.addSparkListener(this);
  }

  /** Begins a phase. */
  synchronized void phase(String name) {
    phase = name;
    total = 0;
    done = 0;
  }

  @Override
  public synchronized void onStageSubmitted(SparkListenerStageSubmitted event) {
    total += event.stageInfo().numTasks();
  }

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd event) {
    if (event.taskInfo().successful()) {
      // A stage of a phase that is over may still end.
      done = Math.min(total, done + 1);
      progress.onTasks(phase, done, total);
    }
  }

  @Override
  public void close() {
    context.removeSparkListener(this);
  }
}
