package dev.annulus.attention.cpu;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;

/**
 * The order in which tiles of query rows add to the gradients of keys: for each key, the tiles of a
 * head one after the other, as one thread would do it, so that the sums have the same bits on any
 * number of threads. Each tile tells how far it has come, and follows those before it.
 *
 * <p>A wait is for a thread that computes a tile begun earlier, which waits for earlier ones only:
 * the first of them waits for nothing. A tile that fails counts as finished.
 */
final class KeyTurns {
  private static final int FINISHED = Integer.MAX_VALUE;

  /** Polls before the core is left to others for a while, one of whom may be waited for. */
  private static final int POLLS = 2000;

  private static final long PAUSE_NS = 20_000;

  private int tiles;

  /** For each head and tile: it adds no more to keys before this one. */
  private AtomicIntegerArray passed = new AtomicIntegerArray(0);

  /** For each head: all tiles before this one are finished, and maybe more. */
  private AtomicIntegerArray firstOpen = new AtomicIntegerArray(0);

  /** Nothing has been added yet. */
  void reset(int heads, int newTiles) {
    tiles = newTiles;
    int size = Math.multiplyExact(heads, tiles);
    if (passed.length() < size || firstOpen.length() < heads) {
      passed = new AtomicIntegerArray(size);
      firstOpen = new AtomicIntegerArray(heads);
    } else {
      for (int i = 0; i < size; i++) {
        passed.setPlain(i, 0);
      }
      for (int head = 0; head < heads; head++) {
        firstOpen.setPlain(head, 0);
      }
    }
  }

  /** The tile adds no more to keys before {@code key}. */
  void pass(int head, int tile, int key) {
    passed.setRelease(head * tiles + tile, key);
  }

  /** The tile adds no more to any key. */
  void finish(int head, int tile) {
    pass(head, tile, FINISHED);
  }

  /** Waits until no tile before this one adds to keys before {@code key}. */
  void await(int head, int tile, int key) {
    int earlier = firstOpen.getPlain(head);
    boolean allFinished = true;
    for (; earlier < tile; earlier++) {
      int at = head * tiles + earlier;
      for (int polls = 1; passed.getAcquire(at) < key; polls++) {
        if (polls % POLLS == 0) {
          LockSupport.parkNanos(this, PAUSE_NS);
        } else {
          Thread.onSpinWait();
        }
      }
      allFinished &= passed.getAcquire(at) == FINISHED;
      if (allFinished) {
        firstOpen.setOpaque(head, earlier + 1);
      }
    }
  }
}
