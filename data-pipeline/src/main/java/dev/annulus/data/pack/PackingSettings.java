package dev.annulus.data.pack;

import dev.annulus.config.DataSettings.LongDocuments;
import dev.annulus.config.DataSettings.LossNormalization;

/**
 * How documents become rows.
 *
 * @param sequenceLength tokens of a row; at least 1
 * @param longDocuments what happens to a document longer than a row
 * @param lossNormalization how targets are weighted
 * @param windowTokens documents are looked at together until they have this many tokens; bounds
 *     memory, and is part of what decides the rows
 */
public record PackingSettings(
    int sequenceLength,
    LongDocuments longDocuments,
    LossNormalization lossNormalization,
    long windowTokens) {
  private static final long SMALLEST_WINDOW = 1L << 22;

  public PackingSettings {
    if (sequenceLength < 1 || windowTokens < 1) {
      throw new IllegalArgumentException(
          "sequenceLength "
              + sequenceLength
              + " and windowTokens "
              + windowTokens
              + " must be > 0");
    }
  }

  /** With a window of 4 Mi tokens, or 4 rows where those are more. */
  public static PackingSettings of(
      int sequenceLength, LongDocuments longDocuments, LossNormalization lossNormalization) {
    return new PackingSettings(
        sequenceLength,
        longDocuments,
        lossNormalization,
        Math.max(SMALLEST_WINDOW, 4L * sequenceLength));
  }

  /** How many unfinished rows may wait for the next window. */
  int openRows() {
    return (int) Math.clamp(windowTokens / sequenceLength, 1L, 4096L);
  }
}
