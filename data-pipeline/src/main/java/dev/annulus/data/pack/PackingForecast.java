package dev.annulus.data.pack;

import java.util.Arrays;

/** How full rows of documents of such lengths will be, by packing the lengths alone. */
public final class PackingForecast {
  private PackingForecast() {}

  /**
   * Tokens as a share of the rows' room; 1 where nothing is packed.
   *
   * @param whole whether these are all documents: if not, the row that stays emptiest is of the
   *     sample and not of the corpus
   */
  public static double efficiency(int[] lengths, boolean whole, PackingSettings settings) {
    int row = settings.sequenceLength();
    long[] tokens = {0};
    long[] rows = {0};
    int[] mostLeft = {0};
    BestFit<Integer> bins =
        new BestFit<>(
            row,
            bin -> {
              rows[0]++;
              tokens[0] += row - bin.left();
              mostLeft[0] = Math.max(mostLeft[0], bin.left());
            });
    int[] longestFirst = lengths.clone();
    for (int i = 0; i < longestFirst.length; i++) {
      int kept = settings.keptOf(longestFirst[i]);
      rows[0] += kept / row;
      tokens[0] += (long) (kept / row) * row;
      longestFirst[i] = kept % row;
    }
    Arrays.sort(longestFirst);
    for (int i = longestFirst.length - 1; i >= 0 && longestFirst[i] > 0; i--) {
      bins.place(longestFirst[i], longestFirst[i]);
    }
    bins.shrinkTo(0);
    boolean withoutLast = !whole && rows[0] > 1;
    long counted = withoutLast ? rows[0] - 1 : rows[0];
    long inThem = withoutLast ? tokens[0] - (row - mostLeft[0]) : tokens[0];
    return counted == 0 ? 1 : (double) inThem / ((double) counted * row);
  }
}
