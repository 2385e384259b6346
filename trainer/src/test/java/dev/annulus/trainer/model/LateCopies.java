package dev.annulus.trainer.model;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.device.CopyQueue;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * A device whose copies beside its operations are as slow as they may be: each is done when it is
 * waited for, and until then there is rubbish where a fetched tensor will be.
 */
record LateCopies(Device device) implements Device {
  @Override
  public CopyQueue newCopyQueue() {
    return new Late(device);
  }

  /** Of one queue. */
  private static final class Late implements CopyQueue {
    private final Device device;
    private final Queue<Runnable> waiting = new ArrayDeque<>();

    Late(Device device) {
      this.device = device;
    }

    @Override
    public void save(Tensor tensor, MemorySegment host) {
      waiting.add(() -> device.download(tensor, host));
    }

    @Override
    public void fetch(MemorySegment host, Tensor tensor) {
      device.kernels().fill(tensor, Float.NaN);
      waiting.add(() -> device.upload(host.asSlice(0, tensor.bytes()), tensor));
    }

    @Override
    public void join() {
      while (!waiting.isEmpty()) {
        waiting.remove().run();
      }
    }

    @Override
    public void close() {
      join();
    }
  }

  @Override
  public MemorySegment mirror(Arena arena, long bytes) {
    return device.mirror(arena, bytes);
  }

  @Override
  public String describe() {
    return device.describe();
  }

  @Override
  public boolean computesIn(DataType type) {
    return device.computesIn(type);
  }

  @Override
  public DeviceArena newArena() {
    return device.newArena();
  }

  @Override
  public Kernels kernels() {
    return device.kernels();
  }

  @Override
  public AttentionKernel attention() {
    return device.attention();
  }

  @Override
  public void upload(MemorySegment host, Tensor tensor) {
    device.upload(host, tensor);
  }

  @Override
  public void download(Tensor tensor, MemorySegment host) {
    device.download(tensor, host);
  }

  @Override
  public long peakBytes() {
    return device.peakBytes();
  }

  @Override
  public void close() {
    device.close();
  }
}
