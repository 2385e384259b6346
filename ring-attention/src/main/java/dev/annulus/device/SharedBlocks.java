package dev.annulus.device;

import java.security.SecureRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;

/**
 * Memory that workers of this process show each other, by number: none is freed while another
 * worker starts to copy from it, and none is found when it is freed. Safe for use by many threads.
 *
 * @param <B> what is known of a block
 */
public final class SharedBlocks<B> {
  /** Tells numbers of this process from those of another. */
  public static final long PROCESS = new SecureRandom().nextLong();

  private final ConcurrentHashMap<Long, B> blocks = new ConcurrentHashMap<>();
  private final AtomicLong next = new AtomicLong();
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

  /** A number that names the block from now on. */
  public long add(B block) {
    long number = next.getAndIncrement();
    blocks.put(number, block);
    return number;
  }

  /**
   * Does something with a block that is not removed meanwhile.
   *
   * @return whether there is such a block
   */
  public boolean read(long number, Consumer<B> reader) {
    lock.readLock().lock();
    try {
      B block = blocks.get(number);
      if (block != null) {
        reader.accept(block);
      }
      return block != null;
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Forgets a block, once nobody is in {@link #read}. */
  public void remove(long number) {
    lock.writeLock().lock();
    try {
      blocks.remove(number);
    } finally {
      lock.writeLock().unlock();
    }
  }
}
