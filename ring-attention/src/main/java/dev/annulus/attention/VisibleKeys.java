package dev.annulus.attention;

/**
 * Which keys of a block each query of a block sees: query i sees local keys {@code from[i]}
 * (inclusive) to {@code to[i]} (exclusive), none if equal. One run is enough for causal document
 * masks as long as both blocks are in global order; it costs two integers a query, never queries x
 * keys. Both arrays ascend over the queries that see anything.
 */
public record VisibleKeys(int[] from, int[] to) {
  /** How a block or tile of the score matrix is masked. */
  public enum MaskClass {
    /** Nothing is visible: no work. */
    EMPTY,
    /** Some pairs are visible. */
    PARTIAL,
    /** Every pair is visible: no mask test is needed. */
    FULL
  }

  /**
   * The causal document mask between a block of queries and a block of keys.
   *
   * @param queryPositions global positions, ascending
   * @param keyPositions global positions, ascending
   * @param firstVisible for each token of the row the first key it sees (see {@code
   *     Documents.firstVisible})
   */
  public static VisibleKeys between(int[] queryPositions, int[] keyPositions, int[] firstVisible) {
    int[] from = new int[queryPositions.length];
    int[] to = new int[queryPositions.length];
    for (int i = 0; i < queryPositions.length; i++) {
      int first = firstVisible[queryPositions[i]];
      int end = lowerBound(keyPositions, queryPositions[i] + 1);
      int start = Math.min(lowerBound(keyPositions, first), end);
      from[i] = start;
      to[i] = first > queryPositions[i] ? start : end;
    }
    return new VisibleKeys(from, to);
  }

  /** Number of queries. */
  public int queries() {
    return from.length;
  }

  /** Number of visible (query, key) pairs. */
  public long area() {
    long area = 0;
    for (int i = 0; i < from.length; i++) {
      area += to[i] - from[i];
    }
    return area;
  }

  /** The class of the tile of queries [queryStart, queryEnd) and keys [keyStart, keyEnd). */
  public MaskClass classify(int queryStart, int queryEnd, int keyStart, int keyEnd) {
    boolean full = true;
    boolean empty = true;
    for (int i = queryStart; i < queryEnd; i++) {
      full &= from[i] <= keyStart && to[i] >= keyEnd;
      empty &= Math.max(from[i], keyStart) >= Math.min(to[i], keyEnd);
    }
    return empty ? MaskClass.EMPTY : full ? MaskClass.FULL : MaskClass.PARTIAL;
  }

  /** First index whose value is not less than {@code value}. */
  private static int lowerBound(int[] ascending, int value) {
    int low = 0;
    int high = ascending.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (ascending[middle] < value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
