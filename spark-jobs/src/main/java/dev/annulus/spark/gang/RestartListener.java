package dev.annulus.spark.gang;

import java.util.function.IntConsumer;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;

/** Hears from Spark when it starts a stage again. Nothing else runs beside a training job. */
final class RestartListener extends SparkListener {
  private final IntConsumer onRestart;

  /**
   * @param onRestart told of the attempt that begins, from 1, on a thread of Spark
   */
  RestartListener(IntConsumer onRestart) {
    this.onRestart = onRestart;
  }

  @Override
  public void onStageSubmitted(SparkListenerStageSubmitted submitted) {
    int attempt = submitted.stageInfo().attemptNumber();
    if (attempt > 0) {
      onRestart.accept(attempt);
    }
  }
}
