package dev.annulus.device.reference;

import dev.annulus.device.HostDoubles;
import dev.annulus.device.KernelShapes;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import dev.annulus.device.TypedShapes;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The reference operations on fp32 and bf16 tensors of the CPU: doubles inside, rounded once at the
 * end.
 */
public final class ReferenceKernels implements Kernels {
  @Override
  public void linear(Tensor x, Tensor w, Tensor y) {
    TypedShapes.checkLinear(x, w, y);
    HostDoubles.write(
        ReferenceLinear.forward(
            HostDoubles.read(x), HostDoubles.read(w), (int) x.rows(), columns(x), columns(y)),
        y);
  }

  @Override
  public void linearInputGradient(Tensor dy, Tensor w, Tensor dx, boolean add) {
    TypedShapes.checkInputGradient(dy, w, dx);
    double[] gradient =
        ReferenceLinear.inputGradient(
            HostDoubles.read(dy), HostDoubles.read(w), (int) dx.rows(), columns(dx), columns(dy));
    if (add) {
      HostDoubles.add(gradient, dx);
    } else {
      HostDoubles.write(gradient, dx);
    }
  }

  @Override
  public void linearWeightGradient(Tensor dy, Tensor x, Tensor dw, boolean add) {
    TypedShapes.checkWeightGradient(dy, x, dw);
    double[] gradient =
        ReferenceLinear.weightGradient(
            HostDoubles.read(dy), HostDoubles.read(x), (int) x.rows(), columns(x), columns(dy));
    if (add) {
      HostDoubles.add(gradient, dw);
    } else {
      HostDoubles.write(gradient, dw);
    }
  }

  @Override
  public void rmsNorm(Tensor x, Tensor weight, float eps, Tensor y, Tensor inverseRms) {
    TypedShapes.checkRmsNorm(x, weight, y, inverseRms);
    double[] values = HostDoubles.read(x);
    double[] inverse = ReferenceRmsNorm.inverseRms(values, columns(x), eps);
    HostDoubles.write(ReferenceRmsNorm.forward(values, HostDoubles.read(weight), inverse), y);
    HostDoubles.write(inverse, inverseRms);
  }

  @Override
  public void rmsNormGradient(
      Tensor dy, Tensor x, Tensor weight, Tensor inverseRms, Tensor dx, Tensor dWeight) {
    TypedShapes.checkRmsNormGradient(dy, x, weight, inverseRms, dx, dWeight);
    ReferenceRmsNorm.Gradients gradients =
        ReferenceRmsNorm.backward(
            HostDoubles.read(dy),
            HostDoubles.read(x),
            HostDoubles.read(weight),
            HostDoubles.read(inverseRms));
    HostDoubles.add(gradients.dx(), dx);
    if (dWeight != null) {
      HostDoubles.add(gradients.dWeight(), dWeight);
    }
  }

  @Override
  public void rotary(Tensor x, int headDim, Tensor cos, Tensor sin, boolean inverse) {
    TypedShapes.checkRotary(x, headDim, cos, sin, x);
    HostDoubles.write(
        ReferenceRotary.rotate(
            HostDoubles.read(x),
            columns(x),
            headDim,
            HostDoubles.read(cos),
            HostDoubles.read(sin),
            inverse),
        x);
  }

  @Override
  public void swiGlu(Tensor gate, Tensor up, Tensor y) {
    TypedShapes.checkAlike("swiGlu", gate, up, y);
    HostDoubles.write(ReferenceSwiGlu.forward(HostDoubles.read(gate), HostDoubles.read(up)), y);
  }

  @Override
  public void swiGluGradient(Tensor dy, Tensor gate, Tensor up, Tensor dGate, Tensor dUp) {
    TypedShapes.checkAlike("swiGlu gradient", dy, gate, up, dGate, dUp);
    ReferenceSwiGlu.Gradients gradients =
        ReferenceSwiGlu.backward(
            HostDoubles.read(dy), HostDoubles.read(gate), HostDoubles.read(up));
    HostDoubles.write(gradients.dGate(), dGate);
    HostDoubles.write(gradients.dUp(), dUp);
  }

  @Override
  public void embedding(Tensor table, Tensor ids, Tensor y) {
    TypedShapes.checkEmbedding(table, ids, y);
    double[] values = HostDoubles.read(table);
    double[] rows = new double[Math.toIntExact(y.size())];
    for (int t = 0; t < y.rows(); t++) {
      int id = id("id", ids, t, table.rows());
      System.arraycopy(values, id * columns(y), rows, t * columns(y), columns(y));
    }
    HostDoubles.write(rows, y);
  }

  @Override
  public void embeddingGradient(Tensor dy, Tensor ids, Tensor dTable) {
    TypedShapes.checkEmbeddingGradient(dy, ids, dTable);
    double[] gradient = HostDoubles.read(dy);
    double[] sum = new double[Math.toIntExact(dTable.size())];
    for (int t = 0; t < dy.rows(); t++) {
      int id = id("id", ids, t, dTable.rows());
      for (int i = 0; i < dy.columns(); i++) {
        sum[id * columns(dy) + i] += gradient[t * columns(dy) + i];
      }
    }
    HostDoubles.add(sum, dTable);
  }

  @Override
  public void crossEntropy(
      Tensor logits, Tensor targets, Tensor weights, Tensor losses, float gradientScale) {
    TypedShapes.checkCrossEntropy(logits, targets, weights, losses);
    double[] values = HostDoubles.read(logits);
    double[] gradient = new double[values.length];
    int vocabulary = columns(logits);
    for (int t = 0; t < logits.rows(); t++) {
      double weight = weights.getFloat(0, t);
      losses.setFloat(0, t, 0);
      if (weight == 0) {
        continue;
      }
      int target = id("target", targets, t, vocabulary);
      losses.setFloat(0, t, (float) ReferenceCrossEntropy.loss(values, vocabulary, t, target));
      double[] row = ReferenceCrossEntropy.gradient(values, vocabulary, t, target);
      for (int i = 0; i < vocabulary; i++) {
        gradient[t * vocabulary + i] = weight * gradientScale * row[i];
      }
    }
    if (!Float.isNaN(gradientScale)) {
      HostDoubles.write(gradient, logits);
    }
  }

  @Override
  public void add(Tensor x, Tensor y) {
    TypedShapes.checkAlike("add", x, y);
    HostDoubles.add(HostDoubles.read(x), y);
  }

  @Override
  public void scale(Tensor x, float factor) {
    HostDoubles.write(Arrays.stream(HostDoubles.read(x)).map(e -> e * factor).toArray(), x);
  }

  @Override
  public void fill(Tensor x, float value) {
    HostDoubles.write(Arrays.stream(HostDoubles.read(x)).map(e -> value).toArray(), x);
  }

  @Override
  public void copy(Tensor x, Tensor y) {
    TypedShapes.checkSizes("copy", x, y);
    HostDoubles.write(HostDoubles.read(x), y);
  }

  @Override
  public void addNormal(Tensor x, float keep, float factor, long key, Tensor y) {
    KernelShapes.checkSameSize("addNormal x", x, y);
    HostDoubles.write(ReferenceNormal.add(HostDoubles.read(x), keep, factor, key), y);
  }

  @Override
  public double sumOfSquares(Tensor x) {
    double sum = 0;
    for (double value : HostDoubles.read(x)) {
      sum += value * value;
    }
    return sum;
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
    double[] w = HostDoubles.read(weights);
    double[] first = HostDoubles.read(m);
    double[] second = HostDoubles.read(v);
    ReferenceAdamW.step(
        w,
        HostDoubles.read(gradient),
        first,
        second,
        gradientScale,
        learningRate,
        beta1,
        beta2,
        eps,
        weightDecay,
        step);
    HostDoubles.write(w, weights);
    HostDoubles.write(first, m);
    HostDoubles.write(second, v);
  }

  private static int columns(Tensor tensor) {
    return Math.toIntExact(tensor.columns());
  }

  private static int id(String name, Tensor ids, long token, long vocabulary) {
    int id = ids.memory().getAtIndex(ValueLayout.JAVA_INT, token);
    KernelShapes.checkId(name, token, id, vocabulary);
    return id;
  }
}
