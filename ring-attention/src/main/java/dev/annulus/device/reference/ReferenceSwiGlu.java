package dev.annulus.device.reference;

/** y = silu(gate) up with silu(g) = g / (1 + exp(-g)), and its gradient, element by element. */
public final class ReferenceSwiGlu {
  private ReferenceSwiGlu() {}

  /** Of both inputs. */
  public record Gradients(double[] dGate, double[] dUp) {}

  /** y. */
  public static double[] forward(double[] gate, double[] up) {
    double[] y = new double[gate.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = gate[i] * sigmoid(gate[i]) * up[i];
    }
    return y;
  }

  /** dGate = dy up s (1 + g (1 - s)), s = sigmoid(g); dUp = dy g s. */
  public static Gradients backward(double[] dy, double[] gate, double[] up) {
    double[] dGate = new double[gate.length];
    double[] dUp = new double[gate.length];
    for (int i = 0; i < gate.length; i++) {
      double s = sigmoid(gate[i]);
      dGate[i] = dy[i] * up[i] * s * (1 + gate[i] * (1 - s));
      dUp[i] = dy[i] * gate[i] * s;
    }
    return new Gradients(dGate, dUp);
  }

  private static double sigmoid(double g) {
    return 1 / (1 + Math.exp(-g));
  }
}
