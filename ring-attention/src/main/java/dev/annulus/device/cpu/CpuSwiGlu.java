package dev.annulus.device.cpu;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** silu(gate) up and its gradient, element by element. */
final class CpuSwiGlu {
  private CpuSwiGlu() {}

  static void forward(MemorySegment gate, MemorySegment up, MemorySegment y, long n) {
    long i = 0;
    for (; i < Lanes.bound(n); i += Lanes.WIDTH) {
      Lanes.store(activation(Lanes.load(gate, i), Lanes.load(up, i)), y, i);
    }
    if (i < n) {
      var tail = Lanes.tail(i, n);
      FloatVector value = activation(Lanes.load(gate, i, tail), Lanes.load(up, i, tail));
      Lanes.store(value, y, i, tail);
    }
  }

  /** dGate = dy up s (1 + g (1 - s)), s = sigmoid(g); dUp = dy g s. */
  static void backward(
      MemorySegment dy,
      MemorySegment gate,
      MemorySegment up,
      MemorySegment dGate,
      MemorySegment dUp,
      long n) {
    for (long i = 0; i < Lanes.bound(n); i += Lanes.WIDTH) {
      FloatVector d = Lanes.load(dy, i);
      FloatVector g = Lanes.load(gate, i);
      FloatVector u = Lanes.load(up, i);
      FloatVector s = sigmoid(g);
      Lanes.store(gateGradient(d, g, u, s), dGate, i);
      Lanes.store(d.mul(g).mul(s), dUp, i);
    }
    if (Lanes.bound(n) < n) {
      long i = Lanes.bound(n);
      VectorMask<Float> tail = Lanes.tail(i, n);
      FloatVector d = Lanes.load(dy, i, tail);
      FloatVector g = Lanes.load(gate, i, tail);
      FloatVector u = Lanes.load(up, i, tail);
      FloatVector s = sigmoid(g);
      Lanes.store(gateGradient(d, g, u, s), dGate, i, tail);
      Lanes.store(d.mul(g).mul(s), dUp, i, tail);
    }
  }

  private static FloatVector activation(FloatVector gate, FloatVector up) {
    return gate.mul(sigmoid(gate)).mul(up);
  }

  private static FloatVector gateGradient(
      FloatVector dy, FloatVector gate, FloatVector up, FloatVector sigmoid) {
    FloatVector rest = sigmoid.neg().add(1f);
    return dy.mul(up).mul(sigmoid).mul(gate.mul(rest).add(1f));
  }

  private static FloatVector sigmoid(FloatVector gate) {
    FloatVector one = FloatVector.broadcast(Lanes.FLOATS, 1f);
    return one.div(VectorExp.exp(gate.neg()).add(one));
  }
}
