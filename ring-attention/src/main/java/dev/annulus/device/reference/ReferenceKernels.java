package dev.annulus.device.reference;

import dev.annulus.device.HostDoubles;
import dev.annulus.device.KernelShapes;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** The reference operations on fp32 tensors of the CPU: doubles inside, rounded once at the end. */
public final class ReferenceKernels implements Kernels {
  @Override
  public void linear(Tensor x, Tensor w, Tensor y) {
    KernelShapes.checkLinear(x, w, y);
    HostDoubles.write(
        ReferenceLinear.forward(
            HostDoubles.read(x), HostDoubles.read(w), (int) x.rows(), columns(x), columns(y)),
        y);
  }

  @Override
  public void linearInputGradient(Tensor dy, Tensor w, Tensor dx, boolean add) {
    KernelShapes.checkLinear(dx, w, dy);
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
  public void linearWeightGradient(Tensor dy, Tensor x, Tensor dw) {
    KernelShapes.checkLinear(x, dw, dy);
    HostDoubles.add(
        ReferenceLinear.weightGradient(
            HostDoubles.read(dy), HostDoubles.read(x), (int) x.rows(), columns(x), columns(dy)),
        dw);
  }

  @Override
  public void rmsNorm(Tensor x, Tensor weight, float eps, Tensor y, Tensor inverseRms) {
    KernelShapes.checkRmsNorm(x, weight, y, inverseRms);
    double[] values = HostDoubles.read(x);
    double[] inverse = ReferenceRmsNorm.inverseRms(values, columns(x), eps);
    HostDoubles.write(ReferenceRmsNorm.forward(values, HostDoubles.read(weight), inverse), y);
    HostDoubles.write(inverse, inverseRms);
  }

  @Override
  public void rmsNormGradient(
      Tensor dy, Tensor x, Tensor weight, Tensor inverseRms, Tensor dx, Tensor dWeight) {
    KernelShapes.checkRmsNorm(x, weight, dy, inverseRms);
    KernelShapes.check("rmsNorm dx", dx, x.rows(), x.columns());
    ReferenceRmsNorm.Gradients gradients =
        ReferenceRmsNorm.backward(
            HostDoubles.read(dy),
            HostDoubles.read(x),
            HostDoubles.read(weight),
            HostDoubles.read(inverseRms));
    HostDoubles.add(gradients.dx(), dx);
    if (dWeight != null) {
      KernelShapes.check("rmsNorm dWeight", dWeight, 1, x.columns());
      HostDoubles.add(gradients.dWeight(), dWeight);
    }
  }

  @Override
  public void rotary(Tensor x, int headDim, Tensor cos, Tensor sin, boolean inverse) {
    KernelShapes.checkRotary(x, headDim, cos, sin);
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
    KernelShapes.checkSameSize("swiGlu gate", gate, y);
    KernelShapes.checkSameSize("swiGlu up", up, y);
    HostDoubles.write(ReferenceSwiGlu.forward(HostDoubles.read(gate), HostDoubles.read(up)), y);
  }

  @Override
  public void swiGluGradient(Tensor dy, Tensor gate, Tensor up, Tensor dGate, Tensor dUp) {
    KernelShapes.checkSameSize("swiGlu gate", gate, dy);
    KernelShapes.checkSameSize("swiGlu up", up, dy);
    KernelShapes.checkSameSize("swiGlu dGate", dGate, dy);
    KernelShapes.checkSameSize("swiGlu dUp", dUp, dy);
    ReferenceSwiGlu.Gradients gradients =
        ReferenceSwiGlu.backward(
            HostDoubles.read(dy), HostDoubles.read(gate), HostDoubles.read(up));
    HostDoubles.write(gradients.dGate(), dGate);
    HostDoubles.write(gradients.dUp(), dUp);
  }

  @Override
  public void embedding(Tensor table, Tensor ids, Tensor y) {
    KernelShapes.checkEmbedding(table, ids, y);
    for (long t = 0; t < y.rows(); t++) {
      int id = id("id", ids, t, table.rows());
      for (long i = 0; i < y.columns(); i++) {
        y.setFloat(t, i, table.getFloat(id, i));
      }
    }
  }

  @Override
  public void embeddingGradient(Tensor dy, Tensor ids, Tensor dTable) {
    KernelShapes.checkEmbedding(dTable, ids, dy);
    double[] sum = new double[Math.toIntExact(dTable.size())];
    for (long t = 0; t < dy.rows(); t++) {
      int id = id("id", ids, t, dTable.rows());
      for (int i = 0; i < dy.columns(); i++) {
        sum[id * columns(dy) + i] += dy.getFloat(t, i);
      }
    }
    HostDoubles.add(sum, dTable);
  }

  @Override
  public void crossEntropy(
      Tensor logits, Tensor targets, Tensor weights, Tensor losses, float gradientScale) {
    KernelShapes.checkCrossEntropy(logits, targets, weights, losses);
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
    KernelShapes.checkSameSize("add x", x, y);
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
    KernelShapes.checkSameSize("copy x", x, y);
    HostDoubles.write(HostDoubles.read(x), y);
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
