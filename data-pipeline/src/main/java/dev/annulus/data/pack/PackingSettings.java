package dev.annulus.data.pack;

import dev.annulus.config.DataSettings.LongDocuments;
import dev.annulus.config.DataSettings.LossNormalization;
import dev.annulus.config.DataSettings.SplitPositions;
import java.io.Serializable;

/**
 * How documents become rows.
 *
 * @param sequenceLength tokens of a row; at least 1
 * @param longDocuments what happens to a document longer than a row
 * @param splitPositions positions of the later pieces of one that is split
 * @param lossNormalization how targets are weighted
 * @param windowTokens documents are looked at together in windows of about this many tokens; bounds
 *     memory, and is part of what decides the rows
 */
public record PackingSettings(
    int sequenceLength,
    LongDocuments longDocuments,
    SplitPositions splitPositions,
    LossNormalization lossNormalization,
    long windowTokens)
    implements Serializable {
  private static final long SMALLEST_WINDOW = 1L << 22;
  private static final long SMALLEST_WINDOW_ROWS = 16;

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

  /** With windows of 4 Mi tokens, or 16 rows where those are more. */
  public static PackingSettings of(
      int sequenceLength,
      LongDocuments longDocuments,
      SplitPositions splitPositions,
      LossNormalization lossNormalization) {
    return new PackingSettings(
        sequenceLength,
        longDocuments,
        splitPositions,
        lossNormalization,
        Math.max(SMALLEST_WINDOW, SMALLEST_WINDOW_ROWS * sequenceLength));
  }

  /** The same with other windows. */
  public PackingSettings withWindow(long tokens) {
    return new PackingSettings(
        sequenceLength, longDocuments, splitPositions, lossNormalization, tokens);
  }

  /** How many tokens of a document of this many are packed. */
  public int keptOf(int tokens) {
    if (tokens <= sequenceLength) {
      return tokens;
    }
    return switch (longDocuments) {
      case SPLIT -> tokens;
      case TRUNCATE -> sequenceLength;
      case DROP, RAISE -> 0;
    };
  }

  /** Windows for this many tokens; at least 1. */
  public int windowsFor(long tokens) {
    return Math.toIntExact(Math.max(1, Math.ceilDiv(tokens, windowTokens)));
  }
}
