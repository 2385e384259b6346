package dev.annulus.data.statistics;

import java.util.Arrays;

/**
 * Signatures whose likeness is that of documents (Broder 1997). A document is the set of its runs
 * of {@value #SHINGLE} tokens; the share of equal places in two signatures estimates the Jaccard
 * index of two such sets. One hash a run: it chooses the place by its high bits and competes there
 * by its low ones (one permutation hashing, Li, Owen and Zhang 2012); a place that stays empty
 * takes the value of another, chosen by its number alone (Shrivastava 2017). Of each value 8 bits
 * are kept (Li and König 2010), so that unlike documents agree in one place of 256.
 */
public final class MinHash {
  /** Places of a signature. */
  public static final int PLACES = 64;

  /** Tokens of a run. */
  public static final int SHINGLE = 8;

  private static final int BANDS = 12;
  private static final int BAND_PLACES = 5;
  private static final int PLACE_BITS = 6;
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private MinHash() {}

  /** The signature of a document, a byte a place; empty for an empty document. */
  public static byte[] signature(int[] ids) {
    if (ids.length == 0) {
      return new byte[0];
    }
    long[] least = new long[PLACES];
    Arrays.fill(least, Long.MAX_VALUE);
    int run = Math.min(SHINGLE, ids.length);
    for (int start = 0; start + run <= ids.length; start++) {
      long hash = GOLDEN;
      for (int i = start; i < start + run; i++) {
        hash = (hash ^ ids[i]) * 0xff51afd7ed558ccdL;
        hash ^= hash >>> 32;
      }
      hash = mix(hash);
      int place = (int) (hash >>> (Long.SIZE - PLACE_BITS));
      least[place] = Math.min(least[place], hash & 0xffffffffL);
    }
    byte[] signature = new byte[PLACES];
    for (int place = 0; place < PLACES; place++) {
      signature[place] = (byte) valueOf(least, place);
    }
    return signature;
  }

  /** Share of the places that are equal; 0 where a document is empty. */
  public static double similarity(byte[] a, byte[] b) {
    if (a.length == 0 || b.length == 0) {
      return 0;
    }
    int equal = 0;
    for (int place = 0; place < PLACES; place++) {
      equal += a[place] == b[place] ? 1 : 0;
    }
    return (double) equal / PLACES;
  }

  /**
   * Keys that like documents probably share: documents with a Jaccard index of 0.8 have one in
   * common with a probability of 0.99, of 0.5 with 0.32. None for an empty document.
   */
  public static long[] bands(byte[] signature) {
    long[] bands = new long[signature.length == 0 ? 0 : BANDS];
    for (int band = 0; band < bands.length; band++) {
      long key = band;
      for (int i = 0; i < BAND_PLACES; i++) {
        key = key << Byte.SIZE | (signature[band * BAND_PLACES + i] & 0xff);
      }
      bands[band] = key;
    }
    return bands;
  }

  private static long valueOf(long[] least, int place) {
    int from = place;
    for (int attempt = 1; least[from] == Long.MAX_VALUE; attempt++) {
      from = (int) (mix(place * 31L + attempt * GOLDEN) >>> (Long.SIZE - PLACE_BITS));
    }
    return least[from];
  }

  /** The finaliser of SplitMix64. */
  private static long mix(long value) {
    long z = (value ^ value >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }
}
