package dev.annulus.trainer.merge;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import dev.annulus.device.cpu.DoubleMatrices;
import dev.annulus.device.cpu.DoubleMatrices.Block;
import dev.annulus.device.cpu.DoubleMatrices.Turn;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Singular directions by the thin decomposition of the matrix itself, in fp64. Holds U, V' and one
 * more matrix of the same size.
 */
final class SvdDirections implements Directions {
  private static final double TOLERANCE = 1e-12;

  private final Arena arena;
  private final RunningTensor sum;
  private final Block whole;
  private final Block u;
  private final Block vt;
  private final double[] values;

  private SvdDirections(
      Arena arena, RunningTensor sum, Block whole, Block u, Block vt, double[] values) {
    this.arena = arena;
    this.sum = sum;
    this.whole = whole;
    this.u = u;
    this.vt = vt;
    this.values = values;
  }

  @SuppressWarnings("MustBeClosedChecker") // the directions that are returned close the arena
  static SvdDirections of(MergeTensor tensor, RunningTensor sum) {
    Arena arena = Arena.ofConfined();
    try {
      int rows = tensor.rows();
      int columns = tensor.columns();
      int k = Math.min(rows, columns);
      Block whole = matrix(arena, rows, columns);
      Block u = matrix(arena, rows, k);
      Block vt = matrix(arena, k, columns);
      load(sum, whole);
      MemorySegment singular = arena.allocate(8L * k, 64);
      DoubleMatrices.singularValues(whole, u, singular, vt);
      return new SvdDirections(arena, sum, whole, u, vt, singular.toArray(JAVA_DOUBLE));
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  @Override
  public double[] values() {
    return values;
  }

  @Override
  public double tolerance() {
    return TOLERANCE;
  }

  @Override
  public double addOutsideOf(Elements delta, int r) {
    load(delta, whole);
    int k = vt.rows();
    try (Arena scratch = Arena.ofConfined()) {
      // Rows of (masked Z) V'; at first U'D, whose products with V' are Z.
      Block rows = matrix(scratch, k, vt.columns());
      DoubleMatrices.multiply(1, u, Turn.TRANSPOSED, whole, Turn.AS_IS, 0, rows);
      double removed = 0;
      for (int i = r; i < k; i++) {
        double z = i < rank() ? dotRow(rows, i) : 0;
        removed += z * z;
        scaleInto(rows, i, z);
      }
      if (r > 0) {
        Block z = matrix(scratch, r, r);
        Block leading = new Block(vt.memory(), r, vt.columns(), vt.columns());
        Block first = new Block(rows.memory(), r, vt.columns(), vt.columns());
        DoubleMatrices.multiply(1, first, Turn.AS_IS, leading, Turn.TRANSPOSED, 0, z);
        removed += squares(z);
        DoubleMatrices.multiply(1, z, Turn.AS_IS, leading, Turn.AS_IS, 0, first);
      }
      DoubleMatrices.multiply(-1, u, Turn.AS_IS, rows, Turn.AS_IS, 1, whole);
      addWhole();
      return removed;
    }
  }

  @Override
  public double addBeside(Elements delta, int r) {
    load(delta, whole);
    try (Arena scratch = Arena.ofConfined()) {
      Block leading = new Block(vt.memory(), r, vt.columns(), vt.columns());
      Block part = matrix(scratch, whole.rows(), r);
      DoubleMatrices.multiply(1, whole, Turn.AS_IS, leading, Turn.TRANSPOSED, 0, part);
      double removed = squares(part);
      DoubleMatrices.multiply(-1, part, Turn.AS_IS, leading, Turn.AS_IS, 1, whole);
      addWhole();
      return removed;
    }
  }

  private static void load(Elements from, Block into) {
    double[] values = new double[Elements.STRETCH];
    Elements.forEachStretch(
        from.size(),
        (start, count) -> {
          from.read(start, values, count);
          MemorySegment.copy(values, 0, into.memory(), JAVA_DOUBLE, 8 * start, count);
        });
  }

  private void addWhole() {
    double[] values = new double[Elements.STRETCH];
    Elements.forEachStretch(
        sum.size(),
        (start, count) -> {
          sum.read(start, values, count);
          for (int i = 0; i < count; i++) {
            values[i] += whole.memory().getAtIndex(JAVA_DOUBLE, start + i);
          }
          sum.write(start, values, count);
        });
  }

  private double dotRow(Block rows, int i) {
    double sum = 0;
    for (long at = (long) i * vt.columns(); at < (long) (i + 1) * vt.columns(); at++) {
      sum += rows.memory().getAtIndex(JAVA_DOUBLE, at) * vt.memory().getAtIndex(JAVA_DOUBLE, at);
    }
    return sum;
  }

  /** rows[i, :] = z x V'[i, :]. */
  private void scaleInto(Block rows, int i, double z) {
    for (long at = (long) i * vt.columns(); at < (long) (i + 1) * vt.columns(); at++) {
      rows.memory().setAtIndex(JAVA_DOUBLE, at, z * vt.memory().getAtIndex(JAVA_DOUBLE, at));
    }
  }

  private static double squares(Block block) {
    double sum = 0;
    for (long at = 0; at < (long) block.rows() * block.columns(); at++) {
      double value = block.memory().getAtIndex(JAVA_DOUBLE, at);
      sum += value * value;
    }
    return sum;
  }

  private static Block matrix(Arena arena, int rows, int columns) {
    return Block.of(arena.allocate(8L * rows * columns, 64), rows, columns);
  }

  @Override
  public void close() {
    arena.close();
  }
}
