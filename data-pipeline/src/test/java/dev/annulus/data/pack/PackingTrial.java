package dev.annulus.data.pack;

import dev.annulus.config.DataSettings.LongDocuments;
import dev.annulus.config.DataSettings.LossNormalization;
import dev.annulus.config.DataSettings.SplitPositions;
import dev.annulus.data.document.DocumentTokens;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;

/**
 * Log-normal documents packed in three ways. The last row of all is counted too.
 *
 * @param padding share of the rows of ours that is padding
 * @param firstFitPadding the same where each document in turn goes into the first of the last 1,024
 *     open rows that has room
 * @param nextFitPadding the same where a row is closed by the first document that does not fit
 * @param seconds that ours took
 */
public record PackingTrial(
    double padding, double firstFitPadding, double nextFitPadding, double seconds) {
  private static final int OPEN_ROWS = 1024;

  /** Packs about this many tokens. */
  public static PackingTrial run(int sequenceLength, long tokens, long seed) {
    PackingSettings settings =
        PackingSettings.of(
            sequenceLength, LongDocuments.SPLIT, SplitPositions.RESTART, LossNormalization.TOKEN);
    long before = System.nanoTime();
    PackingReport report = Packer.pack(documents(tokens, seed), settings, row -> {});
    double seconds = (System.nanoTime() - before) / 1e9;
    return new PackingTrial(
        1 - report.efficiency(),
        greedy(documents(tokens, seed), sequenceLength, OPEN_ROWS),
        greedy(documents(tokens, seed), sequenceLength, 1),
        seconds);
  }

  private static double greedy(Iterator<DocumentTokens> documents, int row, int open) {
    int[] left = new int[open];
    long rows = 0;
    long tokens = 0;
    int next = 0;
    while (documents.hasNext()) {
      int length = documents.next().ids().length;
      tokens += length;
      rows += length / row;
      length %= row;
      int found = -1;
      for (int i = 0; i < open && found < 0; i++) {
        found = left[(next + i) % open] >= length ? (next + i) % open : -1;
      }
      if (found < 0) {
        // The oldest row makes place for a new one.
        found = next;
        next = (next + 1) % open;
        left[found] = row;
        rows++;
      }
      left[found] -= length;
    }
    return 1 - (double) tokens / ((double) rows * row);
  }

  private static Iterator<DocumentTokens> documents(long tokens, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return new Iterator<>() {
      private long given;

      @Override
      public boolean hasNext() {
        return given < tokens;
      }

      @Override
      public DocumentTokens next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        int length = Math.max(1, (int) (1024 * Math.exp(1.2 * random.nextGaussian())));
        given += length;
        return new DocumentTokens("", new int[length]);
      }
    };
  }
}
