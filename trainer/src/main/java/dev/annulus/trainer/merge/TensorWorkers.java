package dev.annulus.trainer.merge;

import java.io.IOException;
import java.io.Serializable;
import java.util.List;

/** Whoever does the work on tensors: this thread, or a cluster. */
public interface TensorWorkers {
  /**
   * Does all tasks, in any order.
   *
   * @param phase for progress: check, fold or write
   * @return their results in the order of the tasks
   * @throws IOException if a task could not read or write
   */
  <R extends Serializable> List<R> run(String phase, List<? extends TensorTask<R>> tasks)
      throws IOException;
}
