package dev.annulus.trainer.merge;

import java.util.List;

/** The merged task vector of one weight, before scaling, as its running tensors give it. */
final class MergedVector implements Elements {
  private final MergeMethod method;
  private final List<? extends Elements> running;
  private double[][] slots;

  MergedVector(MergeMethod method, List<? extends Elements> running) {
    this.method = method;
    this.running = running;
    this.slots = new double[running.size()][STRETCH];
  }

  @Override
  public long size() {
    return running.getFirst().size();
  }

  @Override
  public void read(long start, double[] into, int count) {
    if (slots[0].length < count) {
      slots = new double[running.size()][count];
    }
    for (int slot = 0; slot < slots.length; slot++) {
      running.get(slot).read(start, slots[slot], count);
    }
    method.vector(slots, into, count);
  }

  /** Squared norm. */
  double squares() {
    double[] values = new double[STRETCH];
    double[] sum = {0};
    Elements.forEachStretch(
        size(),
        (start, count) -> {
          read(start, values, count);
          sum[0] += Elements.squares(values, count);
        });
    return sum[0];
  }

  /** Cosine of the angle to another vector; 0 if one of them is zero. */
  double cosine(Elements other) {
    double[] mine = new double[STRETCH];
    double[] theirs = new double[STRETCH];
    double[] sums = new double[3];
    Elements.forEachStretch(
        size(),
        (start, count) -> {
          read(start, mine, count);
          other.read(start, theirs, count);
          sums[0] += Elements.squares(mine, count);
          sums[1] += Elements.squares(theirs, count);
          sums[2] += Elements.dot(mine, theirs, count);
        });
    return sums[2] == 0 ? 0 : sums[2] / Math.sqrt(sums[0] * sums[1]);
  }
}
