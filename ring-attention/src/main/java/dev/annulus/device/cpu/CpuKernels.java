package dev.annulus.device.cpu;

import dev.annulus.device.KernelShapes;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import dev.annulus.device.cpu.OpenBlas.Operand;
import java.lang.foreign.MemorySegment;

/** The operations on the calling thread: checks, then one small file for each. Stateless. */
public final class CpuKernels implements Kernels {
  @Override
  public void linear(Tensor x, Tensor w, Tensor y) {
    KernelShapes.checkLinear(x, w, y);
    sgemm(rows(x), rows(w), columns(x), whole(x), transposed(w), 0, whole(y));
  }

  @Override
  public void linearInputGradient(Tensor dy, Tensor w, Tensor dx, boolean add) {
    KernelShapes.checkLinear(dx, w, dy);
    sgemm(rows(dy), columns(w), columns(dy), whole(dy), whole(w), add ? 1 : 0, whole(dx));
  }

  @Override
  public void linearWeightGradient(Tensor dy, Tensor x, Tensor dw) {
    KernelShapes.checkLinear(x, dw, dy);
    if (x.rows() > 0) {
      sgemm(columns(dy), columns(x), rows(x), transposed(dy), whole(x), 1, whole(dw));
    }
  }

  @Override
  public void rmsNorm(Tensor x, Tensor weight, float eps, Tensor y, Tensor inverseRms) {
    KernelShapes.checkRmsNorm(x, weight, y, inverseRms);
    CpuRmsNorm.forward(x, weight, eps, y, inverseRms);
  }

  @Override
  public void rmsNormGradient(
      Tensor dy, Tensor x, Tensor weight, Tensor inverseRms, Tensor dx, Tensor dWeight) {
    KernelShapes.checkRmsNorm(x, weight, dy, inverseRms);
    KernelShapes.check("rmsNorm dx", dx, x.rows(), x.columns());
    if (dWeight != null) {
      KernelShapes.check("rmsNorm dWeight", dWeight, 1, x.columns());
    }
    CpuRmsNorm.backward(dy, x, weight, inverseRms, dx, dWeight);
  }

  @Override
  public void rotary(Tensor x, int headDim, Tensor cos, Tensor sin, boolean inverse) {
    KernelShapes.checkRotary(x, headDim, cos, sin);
    CpuRotary.rotate(x, headDim, cos, sin, inverse);
  }

  @Override
  public void swiGlu(Tensor gate, Tensor up, Tensor y) {
    KernelShapes.checkSameSize("swiGlu gate", gate, y);
    KernelShapes.checkSameSize("swiGlu up", up, y);
    CpuSwiGlu.forward(gate.memory(), up.memory(), y.memory(), y.size());
  }

  @Override
  public void swiGluGradient(Tensor dy, Tensor gate, Tensor up, Tensor dGate, Tensor dUp) {
    KernelShapes.checkSameSize("swiGlu gate", gate, dy);
    KernelShapes.checkSameSize("swiGlu up", up, dy);
    KernelShapes.checkSameSize("swiGlu dGate", dGate, dy);
    KernelShapes.checkSameSize("swiGlu dUp", dUp, dy);
    CpuSwiGlu.backward(
        dy.memory(), gate.memory(), up.memory(), dGate.memory(), dUp.memory(), dy.size());
  }

  @Override
  public void embedding(Tensor table, Tensor ids, Tensor y) {
    KernelShapes.checkEmbedding(table, ids, y);
    CpuEmbedding.forward(table, ids, y);
  }

  @Override
  public void embeddingGradient(Tensor dy, Tensor ids, Tensor dTable) {
    KernelShapes.checkEmbedding(dTable, ids, dy);
    CpuEmbedding.backward(dy, ids, dTable);
  }

  @Override
  public void crossEntropy(
      Tensor logits, Tensor targets, Tensor weights, Tensor losses, float gradientScale) {
    KernelShapes.checkCrossEntropy(logits, targets, weights, losses);
    CpuCrossEntropy.run(logits, targets, weights, losses, gradientScale);
  }

  @Override
  public void add(Tensor x, Tensor y) {
    KernelShapes.checkSameSize("add x", x, y);
    CpuElementwise.add(x.memory(), 0, y.memory(), 0, x.size());
  }

  @Override
  public void scale(Tensor x, float factor) {
    KernelShapes.checkFloat("scale x", x);
    CpuElementwise.scale(x.memory(), x.size(), factor);
  }

  @Override
  public void fill(Tensor x, float value) {
    KernelShapes.checkFloat("fill x", x);
    CpuElementwise.fill(x.memory(), x.size(), value);
  }

  @Override
  public void copy(Tensor x, Tensor y) {
    KernelShapes.checkSameSize("copy x", x, y);
    MemorySegment.copy(x.memory(), 0, y.memory(), 0, x.bytes());
  }

  @Override
  public double sumOfSquares(Tensor x) {
    KernelShapes.checkFloat("sumOfSquares x", x);
    return CpuElementwise.sumOfSquares(x.memory(), x.size());
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
    CpuAdamW.of(gradientScale, learningRate, beta1, beta2, eps, weightDecay, step)
        .apply(weights.memory(), gradient.memory(), m.memory(), v.memory(), weights.size());
  }

  private static void sgemm(int m, int n, int k, Operand a, Operand b, float beta, Operand c) {
    OpenBlas.sgemm(m, n, k, 1, a, b, beta, c);
  }

  private static Operand whole(Tensor tensor) {
    return Operand.of(tensor.memory(), 0, columns(tensor));
  }

  private static Operand transposed(Tensor tensor) {
    return Operand.transposeOf(tensor.memory(), 0, columns(tensor));
  }

  private static int rows(Tensor tensor) {
    return Math.toIntExact(tensor.rows());
  }

  private static int columns(Tensor tensor) {
    return Math.toIntExact(tensor.columns());
  }
}
