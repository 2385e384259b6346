package dev.annulus.device.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Segments that name memory of the GPU. They are confined to a thread that never touches them, so
 * that a read or write by the host is a {@link WrongThreadException} and not the end of the JVM;
 * and they know whether their memory was freed.
 */
final class AddressSpace implements AutoCloseable {
  private final ExecutorService owner =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "annulus-cuda-addresses");
            thread.setDaemon(true);
            return thread;
          });

  /** All addresses, for as long as it is open. */
  record Region(Arena arena, MemorySegment all) {
    /** Memory of the GPU at an address. */
    MemorySegment at(long address, long bytes) {
      return all.asSlice(address, bytes);
    }
  }

  /** A new region. */
  @SuppressWarnings("MustBeClosedChecker") // the region has it
  Region open() {
    return onOwner(
        () -> {
          Arena arena = Arena.ofConfined();
          return new Region(arena, MemorySegment.NULL.reinterpret(Long.MAX_VALUE, arena, null));
        });
  }

  /** Ends all segments of a region. */
  void close(Region region) {
    onOwner(
        () -> {
          region.arena().close();
          return region;
        });
  }

  @Override
  public void close() {
    owner.shutdown();
  }

  private <T> T onOwner(Callable<T> action) {
    try {
      return owner.submit(action).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted at the memory of the GPU", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }
}
