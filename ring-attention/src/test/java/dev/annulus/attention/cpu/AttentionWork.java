package dev.annulus.attention.cpu;

import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.HostMemory;
import dev.annulus.device.Tensor;
import dev.annulus.device.cpu.CpuThreads;
import java.util.Random;

/** One attention problem of a benchmark with its tensors, to be run again and again. */
final class AttentionWork implements AutoCloseable {
  private final HostMemory memory = new HostMemory();
  private final DeviceArena arena = memory.newArena();
  private final AttentionShape shape;
  private final VisibleKeys mask;
  private final CpuAttention kernel;
  private final Tensor q;
  private final Tensor k;
  private final Tensor v;
  private final Tensor out;
  private final Tensor lse;
  private final Tensor delta;
  private final Tensor dq;
  private final Tensor dk;
  private final Tensor dv;

  AttentionWork(AttentionShape shape, VisibleKeys mask, int keys, CpuThreads threads) {
    this.shape = shape;
    this.mask = mask;
    kernel = new CpuAttention(arena, threads);
    q = random(mask.queries(), shape.queryColumns());
    k = random(keys, shape.kvColumns());
    v = random(keys, shape.kvColumns());
    out = arena.allocate(mask.queries(), shape.queryColumns());
    lse = arena.allocate(shape.queryHeads(), mask.queries());
    delta = arena.allocate(shape.queryHeads(), mask.queries());
    dq = arena.allocate(mask.queries(), shape.queryColumns());
    dk = arena.allocate(keys, shape.kvColumns());
    dv = arena.allocate(keys, shape.kvColumns());
  }

  /** Useful: 4 * visible pairs * headDim a query head. */
  double forwardFlop() {
    return 4.0 * mask.area() * shape.headDim() * shape.queryHeads();
  }

  /** 2.5 times the forward: five products for two. */
  double backwardFlop() {
    return 2.5 * forwardFlop();
  }

  void forward() {
    for (long i = 0; i < lse.size(); i++) {
      lse.setFloat(0, i, Float.NEGATIVE_INFINITY);
    }
    kernel.forward(shape, q, k, v, mask, out, lse);
  }

  /** After {@link #forward}: as training does it, delta included. */
  void backward() {
    kernel.delta(shape, out, q, delta);
    kernel.backward(shape, q, k, v, mask, q, lse, delta, dq, dk, dv);
  }

  @Override
  public void close() {
    memory.close();
  }

  private Tensor random(long rows, long columns) {
    Random random = new Random(rows * 31 + columns);
    Tensor tensor = arena.allocate(rows, columns);
    for (long i = 0; i < tensor.size(); i++) {
      tensor.setFloat(0, i, (float) random.nextGaussian());
    }
    return tensor;
  }
}
