package dev.annulus.device.cpu;

import dev.annulus.device.KernelShapes;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * The operations on the device's threads: checks, then one small file for each.
 *
 * <p>How an operation is cut into pieces depends on its shape alone, and each piece writes to what
 * no other does, so the bits are the same for any number of threads.
 */
public final class CpuKernels implements Kernels {
  /** Elements of a piece: enough to outweigh handing it out, few enough to stay in the cache. */
  private static final long PIECE = 16_384;

  /** Elements whose squares are summed before their sum goes to the others. */
  private static final long SUMMED = 65_536;

  /** Columns of a piece, where rows must stay in order. */
  private static final long COLUMNS = 128;

  private final CpuThreads threads;
  private final CpuLinear linear;

  /**
   * @param threads closed by whoever made them
   */
  public CpuKernels(CpuThreads threads) {
    this.threads = threads;
    this.linear = new CpuLinear(threads);
  }

  @Override
  public void linear(Tensor x, Tensor w, Tensor y) {
    KernelShapes.checkLinear(x, w, y);
    linear.forward(x, w, y);
  }

  @Override
  public void linearInputGradient(Tensor dy, Tensor w, Tensor dx, boolean add) {
    KernelShapes.checkLinear(dx, w, dy);
    linear.inputGradient(dy, w, dx, add);
  }

  @Override
  public void linearWeightGradient(Tensor dy, Tensor x, Tensor dw, boolean add) {
    KernelShapes.checkLinear(x, dw, dy);
    if (x.rows() > 0) {
      linear.weightGradient(dy, x, dw, add);
    } else if (!add) {
      fill(dw, 0);
    }
  }

  @Override
  public void rmsNorm(Tensor x, Tensor weight, float eps, Tensor y, Tensor inverseRms) {
    KernelShapes.checkRmsNorm(x, weight, y, inverseRms);
    rows(x, (from, to) -> CpuRmsNorm.forward(x, weight, eps, y, inverseRms, from, to));
  }

  @Override
  public void rmsNormGradient(
      Tensor dy, Tensor x, Tensor weight, Tensor inverseRms, Tensor dx, Tensor dWeight) {
    KernelShapes.checkRmsNorm(x, weight, dy, inverseRms);
    KernelShapes.check("rmsNorm dx", dx, x.rows(), x.columns());
    if (dWeight != null) {
      KernelShapes.check("rmsNorm dWeight", dWeight, 1, x.columns());
    }
    rows(x, (from, to) -> CpuRmsNorm.inputGradient(dy, x, weight, inverseRms, dx, from, to));
    if (dWeight != null) {
      columns(x, (from, to) -> CpuRmsNorm.weightGradient(dy, x, inverseRms, dWeight, from, to));
    }
  }

  @Override
  public void rotary(Tensor x, int headDim, Tensor cos, Tensor sin, boolean inverse) {
    KernelShapes.checkRotary(x, headDim, cos, sin);
    rows(x, (from, to) -> CpuRotary.rotate(x, headDim, cos, sin, inverse, from, to));
  }

  @Override
  public void swiGlu(Tensor gate, Tensor up, Tensor y) {
    KernelShapes.checkSameSize("swiGlu gate", gate, y);
    KernelShapes.checkSameSize("swiGlu up", up, y);
    pieces(
        y,
        (from, to) ->
            CpuSwiGlu.forward(
                part(gate, from, to), part(up, from, to), part(y, from, to), to - from));
  }

  @Override
  public void swiGluGradient(Tensor dy, Tensor gate, Tensor up, Tensor dGate, Tensor dUp) {
    KernelShapes.checkSameSize("swiGlu gate", gate, dy);
    KernelShapes.checkSameSize("swiGlu up", up, dy);
    KernelShapes.checkSameSize("swiGlu dGate", dGate, dy);
    KernelShapes.checkSameSize("swiGlu dUp", dUp, dy);
    pieces(
        dy,
        (from, to) ->
            CpuSwiGlu.backward(
                part(dy, from, to),
                part(gate, from, to),
                part(up, from, to),
                part(dGate, from, to),
                part(dUp, from, to),
                to - from));
  }

  @Override
  public void embedding(Tensor table, Tensor ids, Tensor y) {
    KernelShapes.checkEmbedding(table, ids, y);
    CpuEmbedding.checkIds(ids, table.rows());
    rows(y, (from, to) -> CpuEmbedding.forward(table, ids, y, from, to));
  }

  @Override
  public void embeddingGradient(Tensor dy, Tensor ids, Tensor dTable) {
    KernelShapes.checkEmbedding(dTable, ids, dy);
    CpuEmbedding.checkIds(ids, dTable.rows());
    columns(dy, (from, to) -> CpuEmbedding.backward(dy, ids, dTable, from, to));
  }

  @Override
  public void crossEntropy(
      Tensor logits, Tensor targets, Tensor weights, Tensor losses, float gradientScale) {
    KernelShapes.checkCrossEntropy(logits, targets, weights, losses);
    rows(
        logits,
        (from, to) ->
            CpuCrossEntropy.run(logits, targets, weights, losses, gradientScale, from, to));
  }

  @Override
  public void add(Tensor x, Tensor y) {
    KernelShapes.checkSameSize("add x", x, y);
    pieces(x, (from, to) -> CpuElementwise.add(x.memory(), from, y.memory(), from, to - from));
  }

  @Override
  public void scale(Tensor x, float factor) {
    KernelShapes.checkFloat("scale x", x);
    pieces(x, (from, to) -> CpuElementwise.scale(part(x, from, to), to - from, factor));
  }

  @Override
  public void fill(Tensor x, float value) {
    KernelShapes.checkFloat("fill x", x);
    pieces(x, (from, to) -> CpuElementwise.fill(part(x, from, to), to - from, value));
  }

  @Override
  public void copy(Tensor x, Tensor y) {
    KernelShapes.checkSameSize("copy x", x, y);
    pieces(
        x,
        (from, to) ->
            MemorySegment.copy(x.memory(), 4 * from, y.memory(), 4 * from, 4 * (to - from)));
  }

  @Override
  public void addNormal(Tensor x, float keep, float factor, long key, Tensor y) {
    KernelShapes.checkSameSize("addNormal x", x, y);
    pieces(x, (from, to) -> CpuNormal.add(x.memory(), keep, factor, key, y.memory(), from, to));
  }

  @Override
  public double sumOfSquares(Tensor x) {
    KernelShapes.checkFloat("sumOfSquares x", x);
    double[] sums = new double[Math.toIntExact(Math.ceilDiv(x.size(), SUMMED))];
    threads.split(
        x.size(),
        SUMMED,
        (from, to) ->
            sums[(int) (from / SUMMED)] =
                CpuElementwise.sumOfSquares(part(x, from, to), to - from));
    double total = 0;
    for (double sum : sums) {
      total += sum;
    }
    return total;
  }

  @Override
  public void adamW(
      Tensor weights,
      Tensor gradient,
      Tensor m,
      Tensor v,
      float gradientScale,
      double learningRate,
      double beta1,
      double beta2,
      double eps,
      double weightDecay,
      long step) {
    KernelShapes.checkSameSize("adamW gradient", gradient, weights);
    KernelShapes.checkSameSize("adamW m", m, weights);
    KernelShapes.checkSameSize("adamW v", v, weights);
    CpuAdamW update =
        CpuAdamW.of(gradientScale, learningRate, beta1, beta2, eps, weightDecay, step);
    pieces(
        weights,
        (from, to) ->
            update.apply(
                part(weights, from, to),
                part(gradient, from, to),
                part(m, from, to),
                part(v, from, to),
                to - from));
  }

  /** Pieces of whole rows. */
  private void rows(Tensor tensor, CpuThreads.Piece work) {
    threads.split(tensor.rows(), Math.max(1, PIECE / Math.max(1, tensor.columns())), work);
  }

  /** Pieces of columns, each through all rows. */
  private void columns(Tensor tensor, CpuThreads.Piece work) {
    long columns = tensor.columns();
    threads.split(columns, tensor.size() < PIECE ? Math.max(1, columns) : COLUMNS, work);
  }

  /** Pieces of elements. */
  private void pieces(Tensor tensor, CpuThreads.Piece work) {
    threads.split(tensor.size(), PIECE, work);
  }

  private static MemorySegment part(Tensor tensor, long from, long to) {
    return tensor.memory().asSlice(4 * from, 4 * (to - from));
  }
}
