package dev.annulus.trainer.merge;

import dev.annulus.config.MergePrecision;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A tensor of a merge's state in memory, fp32 or fp64; zeros at first. */
final class RunningTensor implements Elements {
  private final MergePrecision precision;
  private final MemorySegment memory;
  private final long size;

  RunningTensor(Arena arena, MergePrecision precision, long size) {
    this.precision = precision;
    this.size = size;
    this.memory = arena.allocate(Math.multiplyExact(size, bytes(precision)), 64);
  }

  /** Bytes of one element. */
  static int bytes(MergePrecision precision) {
    return precision == MergePrecision.FLOAT32 ? Float.BYTES : Double.BYTES;
  }

  /** The elements as they lie, little-endian on every machine that this runs on. */
  MemorySegment memory() {
    return memory;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void read(long start, double[] into, int count) {
    if (precision == MergePrecision.FLOAT64) {
      MemorySegment.copy(memory, ValueLayout.JAVA_DOUBLE, 8 * start, into, 0, count);
      return;
    }
    MemorySegment source = memory.asSlice(4 * start, 4L * count);
    for (int i = 0; i < count; i++) {
      into[i] = source.getAtIndex(ValueLayout.JAVA_FLOAT, i);
    }
  }

  /** Sets elements {@code start} to {@code start + count}, rounded to the precision. */
  void write(long start, double[] from, int count) {
    if (precision == MergePrecision.FLOAT64) {
      MemorySegment.copy(from, 0, memory, ValueLayout.JAVA_DOUBLE, 8 * start, count);
      return;
    }
    MemorySegment target = memory.asSlice(4 * start, 4L * count);
    for (int i = 0; i < count; i++) {
      target.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) from[i]);
    }
  }

  /** Adds all of {@code other}. */
  void add(Elements other) {
    double[] sum = new double[STRETCH];
    double[] more = new double[STRETCH];
    Elements.forEachStretch(
        size,
        (start, count) -> {
          read(start, sum, count);
          other.read(start, more, count);
          for (int i = 0; i < count; i++) {
            sum[i] += more[i];
          }
          write(start, sum, count);
        });
  }
}
