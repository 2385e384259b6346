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
   * How {@code sequenceLength} tokens lie over {@code ranks} ranks. Ranges that touch are one, and
   * none is empty. Ranks hold the same number of tokens but for 1 (contiguous) or 2 (zigzag).
   *
   * @param sequenceLength at least 1
   * @param ranks at least 1
   */
  public static SequenceLayout of(ParallelSettings.Layout kind, int sequenceLength, int ranks) {
    if (sequenceLength < 1 || ranks < 1) {
      throw new IllegalArgumentException(
          "layout of " + sequenceLength + " tokens over " + ranks + " ranks");
    }
    List<List<Range>> rangesByRank = new ArrayList<>(ranks);
    for (int rank = 0; rank < ranks; rank++) {
      rangesByRank.add(
          switch (kind) {
            case CONTIGUOUS -> joined(chunk(sequenceLength, ranks, rank));
            case ZIGZAG -> {
              // The cost of a causal query grows with its position: a chunk from the front and its
              // mirror from the back cost the same for every rank.
              int chunks = Math.multiplyExact(2, ranks);
              yield joined(
                  chunk(sequenceLength, chunks, rank),
                  chunk(sequenceLength, chunks, chunks - 1 - rank));
            }
          });
    }
    return new SequenceLayout(kind.name().toLowerCase(Locale.ROOT), sequenceLength, rangesByRank);
  }

  /** Chunk {@code index} of {@code count}; the product needs more than 32 bits. */
  private static Range chunk(int sequenceLength, int count, int index) {
    long start = (long) index * sequenceLength / count;
    long end = (index + 1L) * sequenceLength / count;
    return new Range(Math.toIntExact(start), Math.toIntExact(end));
  }

  /** The tokens of ascending ranges as as few ranges as possible. */
  private static List<Range> joined(Range... ascending) {
    List<Range> joined = new ArrayList<>();
    for (Range range : ascending) {
      if (range.length() == 0) {
        continue;
      }
      if (!joined.isEmpty() && joined.getLast().end() == range.start()) {
        joined.set(joined.size() - 1, new Range(joined.getLast().start(), range.end()));
      } else {
        joined.add(range);
      }
    }
    return joined;
  }
}
