package dev.annulus.device;

import java.lang.foreign.ValueLayout;

/** Moves fp32 and bf16 tensors of the CPU to doubles and back, for references and tests. */
public final class HostDoubles {
  private HostDoubles() {}

  /** The elements, row by row. */
  public static double[] read(Tensor tensor) {
    double[] values = new double[Math.toIntExact(tensor.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = get(tensor, i);
    }
    return values;
  }

  /** Overwrites the tensor with the values, each rounded once. */
  public static void write(double[] values, Tensor tensor) {
    requireSize(values, tensor);
    for (int i = 0; i < values.length; i++) {
      set(tensor, i, values[i]);
    }
  }

  /** Adds the values to the tensor, each sum rounded once. */
  public static void add(double[] values, Tensor tensor) {
    requireSize(values, tensor);
    for (int i = 0; i < values.length; i++) {
      set(tensor, i, values[i] + get(tensor, i));
    }
  }

  private static double get(Tensor tensor, long index) {
    return switch (tensor.type()) {
      case FLOAT32 -> tensor.memory().getAtIndex(ValueLayout.JAVA_FLOAT, index);
      case BFLOAT16 -> BFloat16.toFloat(tensor.memory().getAtIndex(ValueLayout.JAVA_SHORT, index));
      case INT32 -> throw new IllegalArgumentException("numbers of a tensor of INT32");
    };
  }

  private static void set(Tensor tensor, long index, double value) {
    switch (tensor.type()) {
      case FLOAT32 -> tensor.memory().setAtIndex(ValueLayout.JAVA_FLOAT, index, (float) value);
      case BFLOAT16 ->
          tensor
              .memory()
              .setAtIndex(ValueLayout.JAVA_SHORT, index, BFloat16.fromFloat((float) value));
      case INT32 -> throw new IllegalArgumentException("numbers for a tensor of INT32");
    }
  }

  private static void requireSize(double[] values, Tensor tensor) {
    if (values.length != tensor.size()) {
      throw new IllegalArgumentException(
          values.length + " values for a tensor of " + tensor.size() + " elements");
    }
  }
}
