package dev.annulus.trainer.merge;

import dev.annulus.device.cpu.DoubleMatrices.Block;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Some rows or some columns of a matrix as fp64, so that products with a large matrix need memory
 * for a part of it only. A tall matrix is walked by rows, a wide one by columns: always along its
 * longer side.
 */
final class Panel {
  /** Elements of a panel: 32 MB. */
  private static final int ELEMENTS = 1 << 22;

  private final int rows;
  private final int columns;
  private final MemorySegment memory;
  private double[] line = new double[Elements.STRETCH];
  private int from;
  private int length;

  Panel(Arena arena, MergeTensor tensor) {
    this.rows = tensor.rows();
    this.columns = tensor.columns();
    this.memory = arena.allocate(8L * step(tensor) * Math.min(rows, columns), 64);
  }

  /** Whether panels are rows. */
  static boolean isTall(MergeTensor tensor) {
    return tensor.rows() >= tensor.columns();
  }

  /** Lines along the longer side that a panel holds. */
  static int step(MergeTensor tensor) {
    int shorter = Math.min(tensor.rows(), tensor.columns());
    int longer = Math.max(tensor.rows(), tensor.columns());
    return Math.clamp(ELEMENTS / shorter, 1, longer);
  }

  /** Fills the panel with lines {@code start} to {@code start + count} of the longer side. */
  Block load(Elements matrix, int start, int count) {
    from = start;
    length = count;
    each(
        (place, offset, width) -> {
          matrix.read(place, line, width);
          MemorySegment.copy(line, 0, memory, ValueLayout.JAVA_DOUBLE, 8 * offset, width);
        });
    return block();
  }

  /** Writes the panel back to where it was loaded from. */
  void store(RunningTensor matrix) {
    each(
        (place, offset, width) -> {
          MemorySegment.copy(memory, ValueLayout.JAVA_DOUBLE, 8 * offset, line, 0, width);
          matrix.write(place, line, width);
        });
  }

  /** Adds the numbers of another panel of the same place. */
  void add(Panel other) {
    long size = (long) length * Math.min(rows, columns);
    for (long i = 0; i < size; i++) {
      memory.setAtIndex(
          ValueLayout.JAVA_DOUBLE,
          i,
          memory.getAtIndex(ValueLayout.JAVA_DOUBLE, i)
              + other.memory.getAtIndex(ValueLayout.JAVA_DOUBLE, i));
    }
  }

  /** What was loaded. */
  Block block() {
    return rows >= columns ? Block.of(memory, length, columns) : Block.of(memory, rows, length);
  }

  @FunctionalInterface
  private interface Line {
    void visit(long place, long offset, int width);
  }

  /** The stretches of the matrix that lie in the panel, and where. */
  private void each(Line visitor) {
    int lines = rows >= columns ? length : rows;
    int width = rows >= columns ? columns : length;
    if (line.length < width) {
      line = new double[width];
    }
    for (int i = 0; i < lines; i++) {
      long place = rows >= columns ? (long) (from + i) * columns : (long) i * columns + from;
      visitor.visit(place, (long) i * width, width);
    }
  }
}
