package dev.annulus.device.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Differences;
import dev.annulus.device.HostDoubles;
import dev.annulus.device.Kernels;
import dev.annulus.device.RandomTensors;
import dev.annulus.device.Tensor;
import dev.annulus.device.reference.ReferenceKernels;
import java.util.Arrays;

/** Runs operations on the GPU and by the reference, on the same tensors. */
final class OnGpu implements AutoCloseable {
  /** A few roundings of fp32, norm-wise. */
  static final double FEW_ULPS = 4e-7;

  /**
   * Twice the norm-wise error of one rounding to bf16, which is uniform within 2^-8 of the power of
   * two below a value; half of the mean square of values is that power's.
   */
  static final double BF16_ROUNDING = 2 * 0x1p-8 / Math.sqrt(3) / Math.sqrt(2);

  private final Device device;
  private final RandomTensors random;
  private final Kernels exact = new ReferenceKernels();

  OnGpu(Device device, RandomTensors random) {
    this.device = device;
    this.random = random;
  }

  /** What is run on the tensors. */
  interface Operation {
    void run(Kernels kernels, Tensor[] tensors);
  }

  /** Fails unless every tensor is the same afterwards, within the budget of its type. */
  void compare(String what, double budget, Operation operation, Tensor... tensors) {
    try (DeviceArena arena = device.newArena()) {
      Tensor[] onGpu = Arrays.stream(tensors).map(t -> send(arena, t)).toArray(Tensor[]::new);
      Tensor[] onHost = Arrays.stream(tensors).map(random::copyOf).toArray(Tensor[]::new);
      operation.run(device.kernels(), onGpu);
      operation.run(exact, onHost);
      for (int i = 0; i < tensors.length; i++) {
        Tensor back = fetch(onGpu[i]);
        String name = what + ", tensor " + i;
        if (back.type() == DataType.INT32) {
          assertThat(back.memory().mismatch(onHost[i].memory())).as(name).isEqualTo(-1);
          continue;
        }
        double[] values = HostDoubles.read(back);
        assertThat(values).as(name).doesNotContain(Double.NaN);
        assertThat(Differences.relative(values, HostDoubles.read(onHost[i])))
            .as(name)
            .isLessThanOrEqualTo(budgetOf(back.type(), budget));
      }
    }
  }

  /** A copy on the GPU. */
  Tensor send(DeviceArena arena, Tensor tensor) {
    Tensor copy = arena.allocate(tensor.type(), tensor.rows(), tensor.columns());
    device.upload(tensor.memory(), copy);
    return copy;
  }

  /** A copy on the host. */
  Tensor fetch(Tensor tensor) {
    Tensor copy = random.arena().allocate(tensor.type(), tensor.rows(), tensor.columns());
    device.download(tensor, copy.memory());
    return copy;
  }

  /** The tensor rounded to a type. */
  Tensor as(DataType type, Tensor tensor) {
    Tensor copy = random.arena().allocate(type, tensor.rows(), tensor.columns());
    HostDoubles.write(HostDoubles.read(tensor), copy);
    return copy;
  }

  private static double budgetOf(DataType type, double budget) {
    return type == DataType.BFLOAT16 ? BF16_ROUNDING + budget : budget;
  }

  @Override
  public void close() {
    random.close();
    device.close();
  }
}
