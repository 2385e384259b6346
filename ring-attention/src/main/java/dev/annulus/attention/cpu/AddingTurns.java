package dev.annulus.attention.cpu;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;

/**
 * The order in which the tiles of a head add to gradients that they share: to each place, one after
 * the other in the order of their numbers, as one thread would do it, so that the sums have the
 * same bits on any number of threads. All tiles go through the places in the same direction (keys
 * upwards, or blocks of queries from the last to the first); each tells how far it has come, and
 * follows those before it.
 *
 * <p>A wait is for a thread that computes a tile begun earlier, which waits for earlier ones only:
 * the first of them waits for nothing. A tile that fails counts as finished.
 */
final class AddingTurns {
  private static final int FINISHED = Integer.MAX_VALUE;

  /** Polls before the core is left to others for a while, one of whom may be waited for. */
  private static final int POLLS = 2000;

  private static final long PAUSE_NS = 20_000;

  private int tiles;

  /** For each head and tile: it adds no more to places before this one. */
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

  /** The tile adds no more to places before {@code place}. */
  void pass(int head, int tile, int place) {
    passed.setRelease(head * tiles + tile, place);
  }

  /** The tile adds no more. */
  void finish(int head, int tile) {
    pass(head, tile, FINISHED);
  }

  /** Waits until no tile before this one adds to places before {@code place}. */
  void await(int head, int tile, int place) {
    int earlier = firstOpen.getPlain(head);
    boolean allFinished = true;
    for (; earlier < tile; earlier++) {
      int at = head * tiles + earlier;
      for (int polls = 1; passed.getAcquire(at) < place; polls++) {
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
