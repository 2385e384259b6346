package dev.annulus.spark.endtoend;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * A cable between two interfaces that passes on what comes, late, slowly and not all of it. Loss
 * follows from a seed and the order of packets. It ends when its interfaces are removed.
 */
final class BadCable implements AutoCloseable {
  private static final int FRAME_BYTES = 65_536;
  private static final int QUEUED_FRAMES = 65_536;

  private final LinkConditions conditions;
  private final TapDevice near;
  private final TapDevice far;
  private final LongAdder passed = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean closed;

  /** A frame, and the time at which it comes out. */
  private record Late(long due, byte[] frame) {}

  BadCable(LinkConditions conditions, long seed, TapDevice near, TapDevice far) {
    this.conditions = conditions;
    this.near = near;
    this.far = far;
    carry(near, far, new Random(seed));
    carry(far, near, new Random(seed + 1));
  }

  private void carry(TapDevice from, TapDevice to, Random random) {
    BlockingQueue<Late> underWay = new ArrayBlockingQueue<>(QUEUED_FRAMES);
    start("in", () -> takeIn(from, underWay, random));
    start("out", () -> letOut(to, underWay));
  }

  private void start(String name, Runnable work) {
    threads.add(Thread.ofPlatform().name("cable-" + name).daemon(true).start(work));
  }

  private void takeIn(TapDevice from, BlockingQueue<Late> underWay, Random random) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(FRAME_BYTES);
      long free = System.nanoTime();
      for (int length = from.read(buffer); length >= 0; length = from.read(buffer)) {
        long now = System.nanoTime();
        long starts = Math.max(now, free);
        boolean full = starts - now > LinkConditions.QUEUE.toNanos();
        if (random.nextDouble() < conditions.loss() || full) {
          dropped.increment();
          continue;
        }
        free = starts + conditions.nanos(length);
        byte[] frame = buffer.asSlice(0, length).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        if (underWay.offer(new Late(free + conditions.delay().toNanos(), frame))) {
          passed.increment();
        } else {
          dropped.increment();
        }
      }
    }
  }

  private void letOut(TapDevice to, BlockingQueue<Late> underWay) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(FRAME_BYTES);
      while (!closed) {
        Late next = underWay.poll(100, TimeUnit.MILLISECONDS);
        if (next == null) {
          continue;
        }
        for (long left = next.due() - System.nanoTime();
            left > 0;
            left = next.due() - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
        MemorySegment frame = buffer.asSlice(0, next.frame().length);
        frame.copyFrom(MemorySegment.ofArray(next.frame()));
        to.write(frame);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  long passed() {
    return passed.sum();
  }

  long dropped() {
    return dropped.sum();
  }

  /** After its interfaces were removed, or its threads wait for what never comes. */
  @Override
  public void close() {
    closed = true;
    for (Thread thread : threads) {
      try {
        if (!thread.join(java.time.Duration.ofSeconds(10))) {
          throw new AssertionError(thread.getName() + " does not end");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    near.close();
    far.close();
  }
}
