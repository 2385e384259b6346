package dev.annulus.layout;

import dev.annulus.config.ParallelSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The layouts by name. A row of S tokens is cut into n chunks as equal as whole tokens allow, chunk
 * i being [i * S / n, (i + 1) * S / n); a layout says which chunks a rank holds. Chunks of a row
 * that is shorter than the ring can be empty, and then so can ranks.
 */
public final class Layouts {
  private Layouts() {}

  /**
   * How a row with these documents lies over {@code ranks} ranks. Ranks hold the same number of
   * tokens but for 1 (contiguous, striped), 2 (zigzag) or at most as many as it holds chunks
   * (mask-aware: as many as make the work even, 2 to 256).
   *
   * @param documents of a row of at least 1 token; only the mask-aware layout depends on them
   * @param ranks at least 1
   */
  public static SequenceLayout of(ParallelSettings.Layout kind, Documents documents, int ranks) {
    int sequenceLength = documents.sequenceLength();
    check(sequenceLength, ranks);
    return switch (kind) {
      case CONTIGUOUS -> ofChunks(kind, sequenceLength, ranks, contiguous(ranks));
      case STRIPED -> new StripedLayout(sequenceLength, ranks);
      case ZIGZAG -> ofChunks(kind, sequenceLength, ranks, zigzag(ranks));
      case MASK_AWARE ->
          ofChunks(kind, sequenceLength, ranks, MaskAwareAssignment.of(documents, ranks));
    };
  }

  /**
   * The most tokens that a rank holds of a row of this length, whatever its documents: what buffers
   * must be sized for.
   */
  public static int maxTokens(ParallelSettings.Layout kind, int sequenceLength, int ranks) {
    check(sequenceLength, ranks);
    if (kind == ParallelSettings.Layout.MASK_AWARE) {
      int most = 0;
      for (int chunks : MaskAwareAssignment.chunksPerRank(sequenceLength, ranks)) {
        int longest = Math.ceilDiv(sequenceLength, Math.multiplyExact(ranks, chunks));
        most = Math.max(most, (int) Math.min(sequenceLength, (long) chunks * longest));
      }
      return most;
    }
    return of(kind, Documents.single(sequenceLength), ranks).maxTokens();
  }

  private static void check(int sequenceLength, int ranks) {
    if (sequenceLength < 1 || ranks < 1) {
      throw new IllegalArgumentException(
          "layout of " + sequenceLength + " tokens over " + ranks + " ranks");
    }
  }

  private static int[] contiguous(int ranks) {
    int[] rankOfChunk = new int[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      rankOfChunk[rank] = rank;
    }
    return rankOfChunk;
  }

  /**
   * The cost of a causal query grows with its position: a chunk from the front and its mirror from
   * the back cost the same for every rank.
   */
  private static int[] zigzag(int ranks) {
    int[] rankOfChunk = new int[Math.multiplyExact(2, ranks)];
    for (int rank = 0; rank < ranks; rank++) {
      rankOfChunk[rank] = rank;
      rankOfChunk[rankOfChunk.length - 1 - rank] = rank;
    }
    return rankOfChunk;
  }

  /** Chunk {@code index} of {@code count}; the product needs more than 32 bits. */
  static Range chunk(int sequenceLength, int count, int index) {
    long start = (long) index * sequenceLength / count;
    long end = (index + 1L) * sequenceLength / count;
    return new Range(Math.toIntExact(start), Math.toIntExact(end));
  }

  /** Ranges that touch become one, and none is empty. */
  private static SequenceLayout ofChunks(
      ParallelSettings.Layout kind, int sequenceLength, int ranks, int[] rankOfChunk) {
    List<List<Range>> rangesByRank = new ArrayList<>(ranks);
    for (int rank = 0; rank < ranks; rank++) {
      rangesByRank.add(new ArrayList<>());
    }
    for (int i = 0; i < rankOfChunk.length; i++) {
      Range chunk = chunk(sequenceLength, rankOfChunk.length, i);
      if (chunk.length() == 0) {
        continue;
      }
      List<Range> ranges = rangesByRank.get(rankOfChunk[i]);
      if (!ranges.isEmpty() && ranges.getLast().end() == chunk.start()) {
        ranges.set(ranges.size() - 1, new Range(ranges.getLast().start(), chunk.end()));
      } else {
        ranges.add(chunk);
      }
    }
    return new RangeLayout(kind.name().toLowerCase(Locale.ROOT), sequenceLength, rangesByRank);
  }
}
