package dev.annulus.trainer.merge;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import dev.annulus.device.cpu.DoubleMatrices;
import dev.annulus.device.cpu.DoubleMatrices.Block;
import dev.annulus.device.cpu.DoubleMatrices.Turn;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Singular directions by the eigenvectors of the smaller Gram matrix, in fp64. With q the smaller
 * side, X [q, q] holds the directions of that side as rows: X = V' of a tall S (S'S = V sigma^2
 * V'), X = U' of a wide one. The other side's follow (U = S V / sigma), so they are never formed:
 *
 * <pre>
 * tall: Z = X (S'D) X' by sigma in rows,     U M V' = S (X' (M by sigma in rows) X)
 * wide: Z = X (D S') X' by sigma in columns, U M V' = (X' (M by sigma in columns) X) S
 * </pre>
 */
final class GramDirections implements Directions {
  /** An fp32 matrix holds its small directions to about this share of its largest. */
  private static final double TOLERANCE = 1e-6;

  private final Arena arena;
  private final MergeTensor tensor;
  private final RunningTensor sum;
  private final boolean tall;
  private final int q;
  private final Block x;
  private final double[] values;

  private GramDirections(
      Arena arena, MergeTensor tensor, RunningTensor sum, Block x, double[] values) {
    this.arena = arena;
    this.tensor = tensor;
    this.sum = sum;
    this.tall = Panel.isTall(tensor);
    this.q = x.rows();
    this.x = x;
    this.values = values;
  }

  @SuppressWarnings("MustBeClosedChecker") // the directions that are returned close the arena
  static GramDirections of(MergeTensor tensor, RunningTensor sum) {
    Arena arena = Arena.ofConfined();
    try {
      int q = Math.min(tensor.rows(), tensor.columns());
      Block gram = square(arena, q);
      try (Arena panels = Arena.ofConfined()) {
        Panel panel = new Panel(panels, tensor);
        Turn turn = Panel.isTall(tensor) ? Turn.TRANSPOSED : Turn.AS_IS;
        forEachPanel(
            tensor,
            (start, count) -> DoubleMatrices.addGram(panel.load(sum, start, count), turn, gram));
      }
      MemorySegment eigenvalues = arena.allocate(8L * q, 64);
      DoubleMatrices.symmetricEigen(gram, eigenvalues);
      double[] values = new double[q];
      for (int i = 0; i < q; i++) {
        values[i] = Math.sqrt(Math.max(0, eigenvalues.getAtIndex(JAVA_DOUBLE, q - 1 - i)));
      }
      reverseRows(gram);
      return new GramDirections(arena, tensor, sum, gram, values);
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
    try (Arena scratch = Arena.ofConfined()) {
      Block product = square(scratch, q);
      Block w = square(scratch, q);
      addProducts(scratch, delta, product);
      // w holds X G for now.
      DoubleMatrices.multiply(1, x, Turn.AS_IS, product, Turn.AS_IS, 0, w);
      double removed = 0;
      MemorySegment rows = product.memory();
      rows.fill((byte) 0);
      if (r > 0) {
        removed += leadingRows(scratch, w, r, rows);
      }
      for (int i = r; i < rank(); i++) {
        double z = dotRows(w, i, x, i) / values[i];
        removed += z * z;
        addRow(rows, i, z / values[i]);
      }
      DoubleMatrices.multiply(1, x, Turn.TRANSPOSED, product, Turn.AS_IS, 0, w);
      subtract(scratch, delta, w);
      return removed;
    }
  }

  @Override
  public double addBeside(Elements delta, int r) {
    return tall ? addBesideTall(delta, r) : addBesideWide(delta, r);
  }

  /** Rows 0 to r of (masked Z by sigma) X; returns the squares of Z's leading block. */
  private double leadingRows(Arena scratch, Block xg, int r, MemorySegment into) {
    Block z = square(scratch, r);
    Block leading = new Block(x.memory(), r, q, q);
    DoubleMatrices.multiply(
        1, new Block(xg.memory(), r, q, q), Turn.AS_IS, leading, Turn.TRANSPOSED, 0, z);
    double squares = 0;
    for (int i = 0; i < r; i++) {
      for (int j = 0; j < r; j++) {
        long at = (long) i * r + j;
        double sigma = values[tall ? i : j];
        double element = z.memory().getAtIndex(JAVA_DOUBLE, at) / sigma;
        squares += element * element;
        z.memory().setAtIndex(JAVA_DOUBLE, at, element / sigma);
      }
    }
    DoubleMatrices.multiply(1, z, Turn.AS_IS, leading, Turn.AS_IS, 0, new Block(into, r, q, q));
    return squares;
  }

  /** into[i, :] += factor x X[i, :]. */
  private void addRow(MemorySegment into, int i, double factor) {
    for (long at = (long) i * q; at < (long) (i + 1) * q; at++) {
      into.setAtIndex(
          JAVA_DOUBLE,
          at,
          into.getAtIndex(JAVA_DOUBLE, at) + factor * x.memory().getAtIndex(JAVA_DOUBLE, at));
    }
  }

  /** G = S'D of a tall matrix, D S' of a wide one, [q, q]. */
  private void addProducts(Arena scratch, Elements delta, Block product) {
    Panel ofSum = new Panel(scratch, tensor);
    Panel ofDelta = new Panel(scratch, tensor);
    forEachPanel(
        tensor,
        (start, count) -> {
          Block s = ofSum.load(sum, start, count);
          Block d = ofDelta.load(delta, start, count);
          if (tall) {
            DoubleMatrices.multiply(1, s, Turn.TRANSPOSED, d, Turn.AS_IS, 1, product);
          } else {
            DoubleMatrices.multiply(1, d, Turn.AS_IS, s, Turn.TRANSPOSED, 1, product);
          }
        });
  }

  /** S += D - S W of a tall matrix, S += D - W S of a wide one. */
  private void subtract(Arena scratch, Elements delta, Block w) {
    Panel ofSum = new Panel(scratch, tensor);
    Panel ofDelta = new Panel(scratch, tensor);
    forEachPanel(
        tensor,
        (start, count) -> {
          Block s = ofSum.load(sum, start, count);
          Block d = ofDelta.load(delta, start, count);
          if (tall) {
            DoubleMatrices.multiply(-1, s, Turn.AS_IS, w, Turn.AS_IS, 1, d);
          } else {
            DoubleMatrices.multiply(-1, w, Turn.AS_IS, s, Turn.AS_IS, 1, d);
          }
          ofSum.add(ofDelta);
          ofSum.store(sum);
        });
  }

  /** V_r' is the leading rows of X itself: D -= (D V_r) V_r' panel by panel. */
  private double addBesideTall(Elements delta, int r) {
    try (Arena scratch = Arena.ofConfined()) {
      Panel ofSum = new Panel(scratch, tensor);
      Panel ofDelta = new Panel(scratch, tensor);
      Block leading = new Block(x.memory(), r, q, q);
      MemorySegment parts = scratch.allocate(8L * Panel.step(tensor) * r, 64);
      double[] removed = {0};
      forEachPanel(
          tensor,
          (start, count) -> {
            Block d = ofDelta.load(delta, start, count);
            Block part = Block.of(parts, count, r);
            DoubleMatrices.multiply(1, d, Turn.AS_IS, leading, Turn.TRANSPOSED, 0, part);
            removed[0] += squares(parts, (long) count * r);
            DoubleMatrices.multiply(-1, part, Turn.AS_IS, leading, Turn.AS_IS, 1, d);
            ofSum.load(sum, start, count);
            ofSum.add(ofDelta);
            ofSum.store(sum);
          });
      return removed[0];
    }
  }

  /** V_r = S'U_r / sigma: D V_r V_r' = (G X_r' / sigma^2) X_r S. */
  private double addBesideWide(Elements delta, int r) {
    try (Arena scratch = Arena.ofConfined()) {
      Block product = square(scratch, q);
      addProducts(scratch, delta, product);
      Block leading = new Block(x.memory(), r, q, q);
      Block part = Block.of(scratch.allocate(8L * q * r, 64), q, r);
      DoubleMatrices.multiply(1, product, Turn.AS_IS, leading, Turn.TRANSPOSED, 0, part);
      double removed = 0;
      for (long at = 0; at < (long) q * r; at++) {
        double sigma = values[(int) (at % r)];
        double element = part.memory().getAtIndex(JAVA_DOUBLE, at) / sigma;
        removed += element * element;
        part.memory().setAtIndex(JAVA_DOUBLE, at, element / sigma);
      }
      Block w = square(scratch, q);
      DoubleMatrices.multiply(1, part, Turn.AS_IS, leading, Turn.AS_IS, 0, w);
      subtract(scratch, delta, w);
      return removed;
    }
  }

  @FunctionalInterface
  private interface Panels {
    void visit(int start, int count);
  }

  private static void forEachPanel(MergeTensor tensor, Panels panels) {
    int longer = Math.max(tensor.rows(), tensor.columns());
    int step = Panel.step(tensor);
    for (int start = 0; start < longer; start += step) {
      panels.visit(start, Math.min(step, longer - start));
    }
  }

  private static Block square(Arena arena, int n) {
    return Block.of(arena.allocate(8L * n * n, 64), n, n);
  }

  private static void reverseRows(Block block) {
    int n = block.rows();
    double[] one = new double[n];
    double[] other = new double[n];
    for (int i = 0; i < n / 2; i++) {
      long first = 8L * i * n;
      long last = 8L * (n - 1 - i) * n;
      MemorySegment.copy(block.memory(), JAVA_DOUBLE, first, one, 0, n);
      MemorySegment.copy(block.memory(), JAVA_DOUBLE, last, other, 0, n);
      MemorySegment.copy(other, 0, block.memory(), JAVA_DOUBLE, first, n);
      MemorySegment.copy(one, 0, block.memory(), JAVA_DOUBLE, last, n);
    }
  }

  private static double dotRows(Block a, int i, Block b, int j) {
    double sum = 0;
    for (int c = 0; c < a.columns(); c++) {
      sum +=
          a.memory().getAtIndex(JAVA_DOUBLE, (long) i * a.stride() + c)
              * b.memory().getAtIndex(JAVA_DOUBLE, (long) j * b.stride() + c);
    }
    return sum;
  }

  private static double squares(MemorySegment memory, long size) {
    double sum = 0;
    for (long i = 0; i < size; i++) {
      double value = memory.getAtIndex(JAVA_DOUBLE, i);
      sum += value * value;
    }
    return sum;
  }

  @Override
  public void close() {
    arena.close();
  }
}
