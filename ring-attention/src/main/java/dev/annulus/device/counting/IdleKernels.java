package dev.annulus.device.counting;

import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;

/** Operations that leave everything as it is. */
final class IdleKernels implements Kernels {
  @Override
  public void linear(Tensor x, Tensor w, Tensor y) {}

  @Override
  public void linearInputGradient(Tensor dy, Tensor w, Tensor dx, boolean add) {}

  @Override
  public void linearWeightGradient(Tensor dy, Tensor x, Tensor dw, boolean add) {}

  @Override
  public void rmsNorm(Tensor x, Tensor weight, float eps, Tensor y, Tensor inverseRms) {}

  @Override
  public void rmsNormGradient(
      Tensor dy, Tensor x, Tensor weight, Tensor inverseRms, Tensor dx, Tensor dWeight) {}

  @Override
  public void rotary(Tensor x, int headDim, Tensor cos, Tensor sin, boolean inverse) {}

  @Override
  public void rotaryAngles(
      Tensor positions, Tensor frequencies, Tensor rows, float magnitude, Tensor cos, Tensor sin) {}

  @Override
  public void swiGlu(Tensor gate, Tensor up, Tensor y) {}

  @Override
  public void swiGluGradient(Tensor dy, Tensor gate, Tensor up, Tensor dGate, Tensor dUp) {}

  @Override
  public void embedding(Tensor table, Tensor ids, Tensor y) {}

  @Override
  public void embeddingGradient(Tensor dy, Tensor ids, Tensor dTable) {}

  @Override
  public void crossEntropy(
      Tensor logits, Tensor targets, Tensor weights, Tensor losses, float gradientScale) {}

  @Override
  public void add(Tensor x, Tensor y) {}

  @Override
  public void scale(Tensor x, float factor) {}

  @Override
  public void fill(Tensor x, float value) {}

  @Override
  public void copy(Tensor x, Tensor y) {}

  @Override
  public void addNormal(Tensor x, float keep, float factor, long key, Tensor y) {}

  @Override
  public double sumOfSquares(Tensor x) {
    return 0;
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
      long step) {}
}
