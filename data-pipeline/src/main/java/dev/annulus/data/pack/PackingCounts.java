package dev.annulus.data.pack;

import java.util.EnumMap;
import java.util.Map;

/** Counts while packing. */
final class PackingCounts {
  private final Map<LossReason, PackingReport.Lost> lost = new EnumMap<>(LossReason.class);
  private long documents;
  private long tokens;
  private long packedDocuments;
  private long packedTokens;
  private long segments;
  private long targets;
  private long splitDocuments;

  void document(int length) {
    documents++;
    tokens += length;
  }

  void packed(int length, int pieces) {
    packedDocuments++;
    packedTokens += length;
    segments += pieces;
    targets += length - 1;
    splitDocuments += pieces > 1 ? 1 : 0;
  }

  void lose(LossReason reason, long lostTokens) {
    lost.merge(reason, new PackingReport.Lost(1, lostTokens), PackingReport.Lost::plus);
  }

  PackingReport report(int sequenceLength, long rows) {
    return new PackingReport(
        sequenceLength,
        rows,
        documents,
        tokens,
        packedDocuments,
        packedTokens,
        segments,
        targets,
        splitDocuments,
        lost);
  }
}
