package dev.annulus.device;

import java.lang.foreign.ValueLayout;
import java.util.Random;

/** Tensors of seeded random numbers in memory of the CPU. */
public final class RandomTensors implements AutoCloseable {
  private final HostMemory memory = new HostMemory();
  private final DeviceArena arena = memory.newArena();
  private final Random random;

  public RandomTensors(long seed) {
    this.random = new Random(seed);
  }

  public DeviceArena arena() {
    return arena;
  }

  public Tensor zeros(long rows, long columns) {
    return arena.allocate(rows, columns);
  }

  /** Standard normal. */
  public Tensor normal(long rows, long columns) {
    return normal(rows, columns, 1);
  }

  /** Normal of this standard deviation. */
  public Tensor normal(long rows, long columns, double deviation) {
    Tensor tensor = arena.allocate(rows, columns);
    HostDoubles.write(normals((int) tensor.size(), deviation), tensor);
    return tensor;
  }

  public double[] normals(int n, double deviation) {
    double[] values = new double[n];
    for (int i = 0; i < n; i++) {
      values[i] = deviation * random.nextGaussian();
    }
    return values;
  }

  /** Uniform over [0, bound). */
  public Tensor ids(int n, int bound) {
    Tensor tensor = arena.allocate(DataType.INT32, 1, n);
    for (int i = 0; i < n; i++) {
      tensor.memory().setAtIndex(ValueLayout.JAVA_INT, i, random.nextInt(bound));
    }
    return tensor;
  }

  public Tensor full(long rows, long columns, float value) {
    Tensor tensor = arena.allocate(rows, columns);
    for (long i = 0; i < tensor.size(); i++) {
      tensor.memory().setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
    }
    return tensor;
  }

  public Tensor copyOf(Tensor tensor) {
    Tensor copy = arena.allocate(tensor.type(), tensor.rows(), tensor.columns());
    copy.memory().copyFrom(tensor.memory());
    return copy;
  }

  @Override
  public void close() {
    memory.close();
  }
}
