package dev.annulus.data.pack;

import java.io.Serializable;
import java.util.EnumMap;

/**
 * What is to become of every document, by rule and before any of it is packed. What stands in the
 * rows is counted again there, and has to agree. Used by one thread.
 */
public final class PackingCounts implements Serializable {
  private static final long serialVersionUID = 1L;

  private final EnumMap<LossReason, PackingReport.Lost> lost = new EnumMap<>(LossReason.class);
  private long documents;
  private long tokens;
  private long repeatedDocuments;
  private long repeatedTokens;
  private long packedDocuments;
  private long packedTokens;
  private long splitDocuments;

  /**
   * A document that may be packed.
   *
   * @param length its tokens
   * @param copies how often it is drawn
   */
  public void add(int length, int copies, PackingSettings settings) {
    documents++;
    tokens += length;
    int kept = settings.keptOf(length);
    if (length == 0) {
      lose(LossReason.EMPTY, 1, 0);
    } else if (kept == 0) {
      lose(LossReason.TOO_LONG, 1, length);
    } else if (copies == 0) {
      lose(LossReason.NOT_DRAWN, 1, length);
    } else {
      repeatedDocuments += copies - 1;
      repeatedTokens += (copies - 1L) * length;
      packedDocuments += copies;
      packedTokens += (long) copies * kept;
      splitDocuments += kept > settings.sequenceLength() ? copies : 0;
      if (kept < length) {
        lose(LossReason.TRUNCATED, copies, (long) copies * (length - kept));
      }
    }
  }

  /** Documents that are given and left out. */
  public void leaveOut(LossReason reason, long howMany, long ofTokens) {
    if (howMany > 0) {
      documents += howMany;
      tokens += ofTokens;
      lose(reason, howMany, ofTokens);
    }
  }

  /** Adds what another one has counted. */
  public void merge(PackingCounts other) {
    documents += other.documents;
    tokens += other.tokens;
    repeatedDocuments += other.repeatedDocuments;
    repeatedTokens += other.repeatedTokens;
    packedDocuments += other.packedDocuments;
    packedTokens += other.packedTokens;
    splitDocuments += other.splitDocuments;
    other.lost.forEach((reason, what) -> lose(reason, what.documents(), what.tokens()));
  }

  /** Tokens that are to stand in rows. */
  public long packedTokens() {
    return packedTokens;
  }

  /**
   * The report.
   *
   * @param rows what stands in the rows
   * @throws IllegalStateException if they hold something else than was to be packed
   */
  public PackingReport report(int sequenceLength, PackedCounts rows) {
    if (rows.tokens() != packedTokens) {
      throw new IllegalStateException(
          rows.tokens() + " tokens are in rows, and " + packedTokens + " were to be packed");
    }
    return new PackingReport(
        sequenceLength,
        rows.rows(),
        documents,
        tokens,
        repeatedDocuments,
        repeatedTokens,
        packedDocuments,
        packedTokens,
        rows.segments(),
        rows.targets(),
        splitDocuments,
        lost);
  }

  private void lose(LossReason reason, long howMany, long ofTokens) {
    lost.merge(reason, new PackingReport.Lost(howMany, ofTokens), PackingReport.Lost::plus);
  }
}
