package dev.annulus.device;

import java.lang.foreign.ValueLayout;

/** Moves fp32 tensors of the CPU to doubles and back, for references and tests. */
public final class HostDoubles {
  private HostDoubles() {}

  /** The elements, row by row. */
  public static double[] read(Tensor tensor) {
    double[] values = new double[Math.toIntExact(tensor.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = tensor.memory().getAtIndex(ValueLayout.JAVA_FLOAT, i);
    }
    return values;
  }

  /** Overwrites the tensor with the values, each rounded once. */
  public static void write(double[] values, Tensor tensor) {
    requireSize(values, tensor);
    for (int i = 0; i < values.length; i++) {
      tensor.memory().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) values[i]);
    }
  }

  /** Adds the values to the tensor, each sum rounded once. */
  public static void add(double[] values, Tensor tensor) {
    requireSize(values, tensor);
    for (int i = 0; i < values.length; i++) {
      double sum = values[i] + tensor.memory().getAtIndex(ValueLayout.JAVA_FLOAT, i);
      tensor.memory().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) sum);
    }
  }

  private static void requireSize(double[] values, Tensor tensor) {
    if (values.length != tensor.size()) {
      throw new IllegalArgumentException(
          values.length + " values for a tensor of " + tensor.size() + " elements");
    }
  }
}
