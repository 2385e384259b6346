package dev.annulus.attention.cpu;

import dev.annulus.device.DeviceArena;
import dev.annulus.device.HostMemory;
import dev.annulus.device.Tensor;
import dev.annulus.device.cpu.BlasThreads;
import dev.annulus.device.cpu.OpenBlas;
import dev.annulus.device.cpu.OpenBlas.Operand;
import java.util.Random;

/** The denominator: sgemm of 2048 cubed on OpenBLAS's own threads. */
final class SquareProduct implements AutoCloseable {
  private static final int N = 2048;

  private final HostMemory memory = new HostMemory();
  private final Operand left;
  private final Operand right;
  private final Operand product;

  SquareProduct() {
    DeviceArena arena = memory.newArena();
    Random random = new Random(N);
    Operand[] operands = new Operand[3];
    for (int i = 0; i < operands.length; i++) {
      Tensor tensor = arena.allocate(N, N);
      for (long e = 0; e < tensor.size(); e++) {
        tensor.setFloat(0, e, (float) random.nextGaussian());
      }
      operands[i] = Operand.of(tensor.memory(), 0, N);
    }
    left = operands[0];
    right = operands[1];
    product = operands[2];
  }

  double flop() {
    return 2.0 * N * N * N;
  }

  void run(int threads) {
    try (BlasThreads _ = new BlasThreads(threads)) {
      OpenBlas.sgemm(N, N, N, 1, left, right, 0, product);
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
