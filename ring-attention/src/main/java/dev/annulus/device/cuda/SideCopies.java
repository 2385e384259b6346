package dev.annulus.device.cuda;

import dev.annulus.device.CopyQueue;
import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;

/** Copies in a queue of the GPU of their own, beside the worker's operations. */
final class SideCopies implements CopyQueue {
  private final CudaSession session;
  private final CudaDriver.Stream copies;

  /** The operations that a copy waits for: recorded anew for each. */
  private final CudaDriver.Event before;

  /** The copies that operations wait for: recorded anew at each join. */
  private final CudaDriver.Event done;

  private boolean closed;

  SideCopies(CudaSession session) {
    this.session = session;
    session.enter();
    this.copies = new CudaDriver.Stream();
    this.before = new CudaDriver.Event();
    this.done = new CudaDriver.Event();
  }

  @Override
  public void save(Tensor tensor, MemorySegment host) {
    check("save", tensor, host);
    if (tensor.bytes() > 0) {
      follow();
      CudaDriver.copyToHost(session.address(tensor), host.address(), tensor.bytes(), copies);
    }
  }

  @Override
  public void fetch(MemorySegment host, Tensor tensor) {
    check("fetch", tensor, host);
    if (tensor.bytes() > 0) {
      follow();
      CudaDriver.copyToDevice(host.address(), session.address(tensor), tensor.bytes(), copies);
    }
  }

  @Override
  public void join() {
    session.enter();
    done.record(copies);
    session.stream().await(done);
  }

  private void follow() {
    session.enter();
    before.record(session.stream());
    copies.await(before);
  }

  private static void check(String what, Tensor tensor, MemorySegment host) {
    if (!host.isNative() || host.byteSize() < tensor.bytes()) {
      throw new IllegalArgumentException(
          "%s of %d bytes with %d bytes of %s memory"
              .formatted(
                  what, tensor.bytes(), host.byteSize(), host.isNative() ? "native" : "heap"));
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      session.enter();
      copies.synchronize();
      before.destroy();
      done.destroy();
      copies.destroy();
    }
  }
}
