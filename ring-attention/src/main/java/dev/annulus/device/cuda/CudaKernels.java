package dev.annulus.device.cuda;

import static dev.annulus.device.cuda.MatrixProducts.Operand.transposed;
import static dev.annulus.device.cuda.MatrixProducts.Operand.whole;

import dev.annulus.device.DataType;
import dev.annulus.device.KernelShapes;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import dev.annulus.device.TypedShapes;

/** The operations of a model on the GPU, queued in the worker's stream; checked first. */
final class CudaKernels implements Kernels {
  private static final int THREADS = 256;
  private static final int PACK = 8;
  private static final int WARP = 32;

  private final CudaSession session;
  private final CudaMemory memory;
  private final Launcher launcher;
  private final MatrixProducts products;
  private final Reductions reductions;

  CudaKernels(
      CudaSession session,
      CudaMemory memory,
      Launcher launcher,
      MatrixProducts products,
      Reductions reductions) {
    this.session = session;
    this.memory = memory;
    this.launcher = launcher;
    this.products = products;
    this.reductions = reductions;
  }

  @Override
  public void linear(Tensor x, Tensor w, Tensor y) {
    TypedShapes.checkLinear(x, w, y);
    products.multiply(whole(x), transposed(w), null, y);
  }

  @Override
  public void linear(Tensor x, Tensor w, Tensor residual, Tensor y) {
    TypedShapes.checkLinear(x, w, y);
    TypedShapes.checkAlike("linear residual and output", residual, y);
    products.multiply(whole(x), transposed(w), residual, y);
  }

  @Override
  public void linearInputGradient(Tensor dy, Tensor w, Tensor dx, boolean add) {
    TypedShapes.checkInputGradient(dy, w, dx);
    products.multiply(whole(dy), whole(w), add ? dx : null, dx);
  }

  @Override
  public void linearWeightGradient(Tensor dy, Tensor x, Tensor dw, boolean add) {
    TypedShapes.checkWeightGradient(dy, x, dw);
    if (x.rows() > 0) {
      products.multiply(transposed(dy), whole(x), add ? dw : null, dw);
    } else if (!add) {
      fill(dw, 0);
    }
  }

  @Override
  public void rmsNorm(Tensor x, Tensor weight, float eps, Tensor y, Tensor inverseRms) {
    TypedShapes.checkRmsNorm(x, weight, y, inverseRms);
    launcher
        .kernel(KernelCatalog.RMS_NORM.of(x.type()))
        .pointer(x)
        .pointer(weight)
        .number(eps)
        .pointer(y)
        .pointer(inverseRms)
        .count(x.rows())
        .integer(x.columns())
        .launch(warps(x.rows()), THREADS);
  }

  @Override
  public void rmsNormGradient(
      Tensor dy, Tensor x, Tensor weight, Tensor inverseRms, Tensor dx, Tensor dWeight) {
    TypedShapes.checkRmsNormGradient(dy, x, weight, inverseRms, dx, dWeight);
    reductions.rmsNormGradient(dy, x, weight, inverseRms, dx, dWeight);
  }

  @Override
  public void rotary(Tensor x, int headDim, Tensor cos, Tensor sin, boolean inverse) {
    rotary(x, headDim, cos, sin, inverse, x);
  }

  @Override
  public void rotary(Tensor x, int headDim, Tensor cos, Tensor sin, boolean inverse, Tensor y) {
    TypedShapes.checkRotary(x, headDim, cos, sin, y);
    Kernel kernel =
        x.type() == y.type() ? KernelCatalog.ROTARY.of(x.type()) : KernelCatalog.ROTARY_NARROW;
    if (x.type() == DataType.BFLOAT16 && y.type() == DataType.FLOAT32) {
      throw new IllegalArgumentException("rotary of BFLOAT16 to FLOAT32, expected one type");
    }
    int half = headDim / 2;
    long heads = x.columns() / headDim;
    long packs = x.rows() * heads * Math.ceilDiv(half, PACK);
    launcher
        .kernel(kernel)
        .pointer(x)
        .pointer(y)
        .pointer(cos)
        .pointer(sin)
        .count(x.rows())
        .integer(heads)
        .integer(half)
        .integer(inverse ? 1 : 0)
        .launch(Math.ceilDiv(packs, THREADS), THREADS);
  }

  @Override
  public void rotaryAngles(
      Tensor positions, Tensor frequencies, Tensor rows, float magnitude, Tensor cos, Tensor sin) {
    KernelShapes.checkRotaryAngles(positions, frequencies, rows, cos, sin);
    launcher
        .kernel(KernelCatalog.ROTARY_ANGLES)
        .pointer(positions)
        .pointer(frequencies)
        .pointer(rows)
        .number(magnitude)
        .pointer(cos)
        .pointer(sin)
        .count(cos.rows())
        .integer(cos.columns())
        .launch(Math.ceilDiv(cos.size(), THREADS), THREADS);
  }

  @Override
  public void swiGlu(Tensor gate, Tensor up, Tensor y) {
    TypedShapes.checkAlike("swiGlu", gate, up, y);
    launcher
        .kernel(KernelCatalog.SWIGLU.of(y.type()))
        .pointer(gate)
        .pointer(up)
        .pointer(y)
        .count(y.size())
        .launch(packs(y), THREADS);
  }

  @Override
  public void swiGluGradient(Tensor dy, Tensor gate, Tensor up, Tensor dGate, Tensor dUp) {
    TypedShapes.checkAlike("swiGlu gradient", dy, gate, up, dGate, dUp);
    launcher
        .kernel(KernelCatalog.SWIGLU_GRADIENT.of(dy.type()))
        .pointer(dy)
        .pointer(gate)
        .pointer(up)
        .pointer(dGate)
        .pointer(dUp)
        .count(dy.size())
        .launch(packs(dy), THREADS);
  }

  @Override
  public void embedding(Tensor table, Tensor ids, Tensor y) {
    TypedShapes.checkEmbedding(table, ids, y);
    launcher
        .kernel(KernelCatalog.EMBEDDING.of(y.type()))
        .pointer(table)
        .pointer(ids)
        .pointer(y)
        .count(y.rows())
        .count(table.rows())
        .integer(y.columns())
        .launch(warps(y.rows()), THREADS);
  }

  @Override
  public void embeddingGradient(Tensor dy, Tensor ids, Tensor dTable) {
    TypedShapes.checkEmbeddingGradient(dy, ids, dTable);
    launcher
        .kernel(KernelCatalog.EMBEDDING_GRADIENT.of(dy.type()))
        .pointer(dy)
        .pointer(ids)
        .pointer(dTable)
        .integer(dy.rows())
        .count(dTable.rows())
        .integer(dy.columns())
        .launch(dy.rows(), Math.ceilDiv(dy.columns(), THREADS * PACK), THREADS, 0);
  }

  @Override
  public void crossEntropy(
      Tensor logits, Tensor targets, Tensor weights, Tensor losses, float gradientScale) {
    TypedShapes.checkCrossEntropy(logits, targets, weights, losses);
    boolean withGradient = !Float.isNaN(gradientScale);
    launcher
        .kernel(KernelCatalog.CROSS_ENTROPY.of(logits.type()))
        .pointer(logits)
        .pointer(targets)
        .pointer(weights)
        .pointer(losses)
        .number(withGradient ? gradientScale : 0)
        .integer(withGradient ? 1 : 0)
        .integer(logits.columns())
        .launch(logits.rows(), 2 * THREADS);
  }

  @Override
  public void add(Tensor x, Tensor y) {
    TypedShapes.checkAlike("add", x, y);
    launcher
        .kernel(KernelCatalog.ADD.of(y.type()))
        .pointer(x)
        .pointer(y)
        .count(y.size())
        .launch(packs(y), THREADS);
  }

  @Override
  public void scale(Tensor x, float factor) {
    launcher
        .kernel(KernelCatalog.SCALE.of(x.type()))
        .pointer(x)
        .number(factor)
        .count(x.size())
        .launch(packs(x), THREADS);
  }

  @Override
  public void fill(Tensor x, float value) {
    if (Float.floatToRawIntBits(value) == 0) {
      memory.clear(x); // the driver's own is faster
      return;
    }
    launcher
        .kernel(KernelCatalog.FILL.of(x.type()))
        .pointer(x)
        .number(value)
        .count(x.size())
        .launch(packs(x), THREADS);
  }

  @Override
  public void copy(Tensor x, Tensor y) {
    TypedShapes.checkSizes("copy", x, y);
    if (x.type() == y.type()) {
      memory.copy(x, y);
      return;
    }
    launcher
        .kernel(x.type() == DataType.FLOAT32 ? KernelCatalog.NARROW : KernelCatalog.WIDEN)
        .pointer(x)
        .pointer(y)
        .count(y.size())
        .launch(packs(y), THREADS);
  }

  @Override
  public void addNormal(Tensor x, float keep, float factor, long key, Tensor y) {
    KernelShapes.checkSameSize("addNormal x", x, y);
    launcher
        .kernel(KernelCatalog.ADD_NORMAL)
        .pointer(x)
        .number(keep)
        .number(factor)
        .count(key)
        .pointer(y)
        .count(x.size())
        .launch(Math.ceilDiv(x.size(), 2L * THREADS), THREADS); // two elements a thread
  }

  @Override
  public double sumOfSquares(Tensor x) {
    return reductions.sumOfSquares(x);
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
    adamW(
        weights,
        gradient,
        m,
        v,
        gradientScale,
        learningRate,
        beta1,
        beta2,
        eps,
        weightDecay,
        step,
        null);
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
      long step,
      Tensor copy) {
    KernelShapes.checkSameSize("adamW gradient", gradient, weights);
    KernelShapes.checkSameSize("adamW m", m, weights);
    KernelShapes.checkSameSize("adamW v", v, weights);
    if (copy != null && (copy.type() != DataType.BFLOAT16 || copy.size() != weights.size())) {
      throw new IllegalArgumentException(
          "adamW copy is %s of %d elements, expected BFLOAT16 of %d"
              .formatted(copy.type(), copy.size(), weights.size()));
    }
    if (step < 1) {
      throw new IllegalArgumentException("AdamW step " + step + ", expected 1 or more");
    }
    launcher
        .kernel(KernelCatalog.ADAMW)
        .pointer(weights)
        .pointer(gradient)
        .pointer(m)
        .pointer(v)
        .pointer(copy)
        .number(gradientScale)
        .number((float) (1 - learningRate * weightDecay))
        .number((float) (1 - beta1))
        .number((float) beta2)
        .number((float) (1 - beta2))
        .number((float) (learningRate / (1 - Math.pow(beta1, (double) step))))
        .number((float) (1 / Math.sqrt(1 - Math.pow(beta2, (double) step))))
        .number((float) eps)
        .count(weights.size())
        .launch(packs(weights), THREADS);
  }

  /** Which libraries compute. */
  String describe() {
    return products.describe() + ", " + session.properties().describe();
  }

  /** Blocks for a pack a thread. */
  private static long packs(Tensor x) {
    return Math.ceilDiv(x.size(), (long) THREADS * PACK);
  }

  /** Blocks for a warp a row. */
  private static long warps(long rows) {
    return Math.ceilDiv(rows, THREADS / WARP);
  }
}
