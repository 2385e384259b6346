package dev.annulus.ring;

import dev.annulus.attention.VisibleKeys.MaskClass;

/**
 * A chunk of a rank's queries that meets a chunk of one block's keys, all of one document. Both are
 * local ranges, ends exclusive.
 *
 * @param causal false: every query sees all keys. True: the last query sees all, the one before it
 *     all but the last key, and so on (the triangle that is aligned at the bottom right)
 */
public record ChunkTask(int queryStart, int queryEnd, int keyStart, int keyEnd, boolean causal) {
  /** FULL or PARTIAL, or EMPTY if there is no key. */
  public MaskClass maskClass() {
    return keyStart == keyEnd ? MaskClass.EMPTY : causal ? MaskClass.PARTIAL : MaskClass.FULL;
  }

  /** The end of the keys that a local query of this chunk sees; they begin at {@code keyStart}. */
  public int keysEnd(int query) {
    return causal ? keyEnd - (queryEnd - 1 - query) : keyEnd;
  }

  /** Number of visible pairs. */
  public long area() {
    long queries = (long) queryEnd - queryStart;
    long hidden = causal ? queries * (queries - 1) / 2 : 0;
    return queries * (keyEnd - keyStart) - hidden;
  }
}
