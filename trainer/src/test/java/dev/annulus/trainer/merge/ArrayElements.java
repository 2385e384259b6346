package dev.annulus.trainer.merge;

import dev.annulus.config.MergePrecision;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;

/** A tensor in an array. */
record ArrayElements(double[] values) implements Elements {
  /** Random numbers that fp32 holds, so that both precisions start from the same. */
  static ArrayElements random(SplittableRandom random, int size) {
    double[] values = new double[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return new ArrayElements(values);
  }

  static double[] of(Elements elements) {
    double[] values = new double[(int) elements.size()];
    elements.read(0, values, values.length);
    return values;
  }

  RunningTensor running(Arena arena, MergePrecision precision) {
    RunningTensor running = new RunningTensor(arena, precision, values.length);
    running.write(0, values, values.length);
    return running;
  }

  @Override
  public long size() {
    return values.length;
  }

  @Override
  public void read(long start, double[] into, int count) {
    System.arraycopy(values, (int) start, into, 0, count);
  }
}
