package dev.annulus.trainer.merge;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/** Does the work on the calling thread, one tensor after the other. */
public final class SequentialWorkers implements TensorWorkers {
  private final Runnable afterEach;

  /** Told after each task, for whoever waits. */
  public SequentialWorkers(Runnable afterEach) {
    this.afterEach = afterEach;
  }

  @Override
  public <R extends Serializable> List<R> run(String phase, List<? extends TensorTask<R>> tasks)
      throws IOException {
    List<R> results = new ArrayList<>();
    for (TensorTask<R> task : tasks) {
      results.add(task.run());
      afterEach.run();
    }
    return results;
  }
}
