package dev.annulus.data.pack;

import java.io.Serializable;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * What became of every document and token. Adds up, or cannot be made.
 *
 * @param sequenceLength tokens of a row
 * @param rows rows made
 * @param documents documents given
 * @param tokens their tokens
 * @param repeatedDocuments documents that are packed once more than they are there, each time
 * @param repeatedTokens their tokens
 * @param packedDocuments documents of which at least one token is in a row, each time
 * @param packedTokens tokens in rows
 * @param segments runs of one document's tokens in one row; a document that was cut has several
 * @param targets tokens to be predicted whose loss counts
 * @param splitDocuments documents cut into several segments
 * @param lost what is in no row, by reason; documents under {@link LossReason#TRUNCATED} are packed
 *     in part
 */
public record PackingReport(
    int sequenceLength,
    long rows,
    long documents,
    long tokens,
    long repeatedDocuments,
    long repeatedTokens,
    long packedDocuments,
    long packedTokens,
    long segments,
    long targets,
    long splitDocuments,
    Map<LossReason, Lost> lost) {
  /** Documents and tokens. */
  public record Lost(long documents, long tokens) implements Serializable {
    Lost plus(Lost other) {
      return new Lost(documents + other.documents, tokens + other.tokens);
    }
  }

  /**
   * @throws IllegalStateException if the numbers do not add up
   */
  public PackingReport {
    Map<LossReason, Lost> ordered = new EnumMap<>(LossReason.class);
    ordered.putAll(lost);
    lost = Collections.unmodifiableMap(ordered);
    long lostTokens = lost.values().stream().mapToLong(Lost::tokens).sum();
    long lostDocuments = 0;
    for (Map.Entry<LossReason, Lost> entry : lost.entrySet()) {
      lostDocuments += entry.getKey() == LossReason.TRUNCATED ? 0 : entry.getValue().documents();
    }
    if (packedTokens + lostTokens != tokens + repeatedTokens
        || packedDocuments + lostDocuments != documents + repeatedDocuments
        || targets > packedTokens - packedDocuments
        || packedTokens > rows * sequenceLength) {
      throw new IllegalStateException(
          "packing lost count: %d documents, %d tokens given; %d, %d of them again; %d documents, %d tokens, %d targets in %d rows; lost %s"
              .formatted(
                  documents,
                  tokens,
                  repeatedDocuments,
                  repeatedTokens,
                  packedDocuments,
                  packedTokens,
                  targets,
                  rows,
                  lost));
    }
  }

  /** Tokens of rows that belong to no document. */
  public long paddingTokens() {
    return rows * sequenceLength - packedTokens;
  }

  /** Share of the rows' tokens that belong to documents; 1 when there are no rows. */
  public double efficiency() {
    return rows == 0 ? 1 : (double) packedTokens / ((double) rows * sequenceLength);
  }

  /** One line for people. */
  public String summary() {
    StringBuilder line = new StringBuilder();
    line.append(
        String.format(
            Locale.ROOT,
            "%,d documents, %,d tokens in %,d rows of %,d (%.2f %% full), %,d documents split",
            packedDocuments,
            packedTokens,
            rows,
            sequenceLength,
            100 * efficiency(),
            splitDocuments));
    if (repeatedDocuments > 0) {
      line.append(
          String.format(
              Locale.ROOT,
              "; repeated: %,d documents, %,d tokens",
              repeatedDocuments,
              repeatedTokens));
    }
    lost.forEach(
        (reason, what) ->
            line.append(
                String.format(
                    Locale.ROOT,
                    "; %s: %,d documents, %,d tokens",
                    reason.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                    what.documents(),
                    what.tokens())));
    return line.toString();
  }
}
