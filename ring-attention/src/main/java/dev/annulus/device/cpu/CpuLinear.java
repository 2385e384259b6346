package dev.annulus.device.cpu;

import dev.annulus.device.Tensor;
import dev.annulus.device.cpu.OpenBlas.Operand;

/**
 * Products with a weight, cut into blocks of the result that are each one call of OpenBLAS on one
 * thread. The library's own threads would cut by their number, and then the bits would depend on
 * it.
 */
final class CpuLinear {
  private final CpuThreads threads;

  CpuLinear(CpuThreads threads) {
    this.threads = threads;
  }

  /** y = x w'. */
  void forward(Tensor x, Tensor w, Tensor y) {
    int in = columns(x);
    int out = columns(y);
    blocks(
        rows(y),
        out,
        in,
        (row, column, m, n) ->
            OpenBlas.sgemm(
                m,
                n,
                in,
                1,
                Operand.of(x.memory(), (long) row * in, in),
                Operand.transposeOf(w.memory(), (long) column * in, in),
                0,
                Operand.of(y.memory(), (long) row * out + column, out)));
  }

  /** dx = dy w, or dx += dy w. */
  void inputGradient(Tensor dy, Tensor w, Tensor dx, boolean add) {
    int in = columns(dx);
    int out = columns(dy);
    blocks(
        rows(dx),
        in,
        out,
        (row, column, m, n) ->
            OpenBlas.sgemm(
                m,
                n,
                out,
                1,
                Operand.of(dy.memory(), (long) row * out, out),
                Operand.of(w.memory(), column, in),
                add ? 1 : 0,
                Operand.of(dx.memory(), (long) row * in + column, in)));
  }

  /** dw = dy' x, or dw += dy' x; of one token at least. */
  void weightGradient(Tensor dy, Tensor x, Tensor dw, boolean add) {
    int in = columns(x);
    int out = columns(dy);
    int tokens = rows(x);
    blocks(
        out,
        in,
        tokens,
        (row, column, m, n) ->
            OpenBlas.sgemm(
                m,
                n,
                tokens,
                1,
                Operand.transposeOf(dy.memory(), row, out),
                Operand.of(x.memory(), column, in),
                add ? 1 : 0,
                Operand.of(dw.memory(), (long) row * in + column, in)));
  }

  /** One block of a product: its first row and column, its rows and columns. */
  private interface Block {
    void compute(int row, int column, int m, int n);
  }

  private void blocks(int m, int n, int k, Block block) {
    BlockGrid grid = BlockGrid.of(m, n, k);
    threads.run(
        grid.count(),
        (part, _) -> {
          int row = part / grid.across() * grid.blockRows();
          int column = part % grid.across() * grid.blockColumns();
          block.compute(
              row,
              column,
              Math.min(grid.blockRows(), m - row),
              Math.min(grid.blockColumns(), n - column));
        });
  }

  private static int rows(Tensor tensor) {
    return Math.toIntExact(tensor.rows());
  }

  private static int columns(Tensor tensor) {
    return Math.toIntExact(tensor.columns());
  }
}
