package dev.annulus.trainer.merge;

import dev.annulus.config.MergePrecision;
import java.util.List;

/**
 * One task vector of one tensor, about to be folded in.
 *
 * @param base the weight that all models were fine-tuned from
 * @param delta what this model changed of it
 * @param running the method's running tensors; the method changes them
 * @param precision of the running tensors, and what matrices are decomposed in
 * @param before models that were folded in before this one
 */
record Fold(
    MergeTensor tensor,
    Elements base,
    Elements delta,
    List<RunningTensor> running,
    MergePrecision precision,
    int before) {
  Fold {
    running = List.copyOf(running);
  }

  /** The running tensor of a method that has one. */
  RunningTensor sum() {
    return running.getFirst();
  }

  /** Whether a tensor is zero everywhere. */
  static boolean isZero(Elements elements) {
    double[] values = new double[Elements.STRETCH];
    for (long start = 0; start < elements.size(); start += Elements.STRETCH) {
      int count = (int) Math.min(Elements.STRETCH, elements.size() - start);
      elements.read(start, values, count);
      for (int i = 0; i < count; i++) {
        if (values[i] != 0) {
          return false;
        }
      }
    }
    return true;
  }
}
