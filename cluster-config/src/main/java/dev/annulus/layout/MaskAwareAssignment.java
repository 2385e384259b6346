package dev.annulus.layout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Gives every rank the same number of chunks of a row and as nearly as possible the same number of
 * visible (query, key) pairs: chunks by descending area, each to the rank with the least so far
 * that has room (longest processing time first; mask-aware dispatch as in MagiAttention). Among
 * ranks that are about as good, one that holds the neighbourhood of the chunk in its document is
 * taken: what lies together need not travel.
 */
final class MaskAwareAssignment {
  /** More chunks balance better, fewer keep more of a document together: where it starts. */
  private static final int FIRST_CHUNKS_PER_RANK = 16;

  /** To where the number is doubled as long as the work is not even enough. */
  private static final int MOST_CHUNKS_PER_RANK = 256;

  /** Two, as zigzag has, balance one document that fills the row. */
  private static final int LEAST_CHUNKS_PER_RANK = 2;

  /** Shorter chunks would not fill a tile of the kernels. */
  private static final int LEAST_CHUNK_TOKENS = 128;

  /** The area of the worst rank over the mean that is even enough. */
  private static final double EVEN = 1.02;

  /** How much more than the least loaded rank a neighbour may have, as a share of the mean. */
  private static final double SLACK = 0.01;

  /** How many chunks to either side count as the neighbourhood. */
  private static final int NEIGHBOURHOOD = 16;

  private final int sequenceLength;
  private final int ranks;
  private final int chunksPerRank;
  private final List<Range> documents;
  private final int[] rankOfChunk;
  private final long[] load;
  private final int[] held;

  private MaskAwareAssignment(Documents documents, int ranks, int chunksPerRank) {
    this.sequenceLength = documents.sequenceLength();
    this.ranks = ranks;
    this.chunksPerRank = chunksPerRank;
    this.documents = documents.ranges();
    this.rankOfChunk = new int[Math.multiplyExact(ranks, chunksPerRank)];
    this.load = new long[ranks];
    this.held = new int[ranks];
  }

  /** The numbers of chunks a rank that may be tried, ascending. */
  static List<Integer> chunksPerRank(int sequenceLength, int ranks) {
    long filling = sequenceLength / ((long) LEAST_CHUNK_TOKENS * ranks);
    int chunks = Math.clamp(filling, LEAST_CHUNKS_PER_RANK, FIRST_CHUNKS_PER_RANK);
    List<Integer> tried = new ArrayList<>();
    do {
      tried.add(chunks);
      chunks *= 2;
    } while (chunks <= Math.min(filling, MOST_CHUNKS_PER_RANK));
    return tried;
  }

  /** The rank of each chunk of the row: of as few chunks as make the work even. */
  static int[] of(Documents documents, int ranks) {
    MaskAwareAssignment best = null;
    for (int chunksPerRank : chunksPerRank(documents.sequenceLength(), ranks)) {
      MaskAwareAssignment next = new MaskAwareAssignment(documents, ranks, chunksPerRank);
      next.assign();
      if (best == null || next.worstOverMean() < best.worstOverMean()) {
        best = next;
      }
      if (best.worstOverMean() <= EVEN) {
        break;
      }
    }
    return best.rankOfChunk;
  }

  private double worstOverMean() {
    double sum = Arrays.stream(load).asDoubleStream().sum();
    return sum == 0 ? 1 : Arrays.stream(load).max().orElseThrow() * ranks / sum;
  }

  private void assign() {
    int chunks = rankOfChunk.length;
    long[] area = new long[chunks];
    int[] firstOfDocument = new int[chunks];
    int[] lastOfDocument = new int[chunks];
    measure(area, firstOfDocument, lastOfDocument);
    long slack = (long) (SLACK * Arrays.stream(area).sum() / ranks);
    Arrays.fill(rankOfChunk, -1);
    int[] byArea =
        IntStream.range(0, chunks)
            .boxed()
            .sorted(Comparator.comparingLong((Integer chunk) -> area[chunk]).reversed())
            .mapToInt(Integer::intValue)
            .toArray();
    for (int chunk : byArea) {
      int least = leastLoaded();
      int rank = neighbour(chunk, firstOfDocument[chunk], lastOfDocument[chunk], least, slack);
      rankOfChunk[chunk] = rank;
      load[rank] += area[chunk];
      held[rank]++;
    }
  }

  /** Visible pairs of each chunk's queries, and the chunks over which its documents reach. */
  private void measure(long[] area, int[] firstOfDocument, int[] lastOfDocument) {
    int chunks = rankOfChunk.length;
    Arrays.setAll(firstOfDocument, chunk -> chunk);
    Arrays.setAll(lastOfDocument, chunk -> chunk);
    int first = 0;
    for (Range document : documents) {
      while (Layouts.chunk(sequenceLength, chunks, first).end() <= document.start()) {
        first++;
      }
      int last = first;
      for (int i = first; i < chunks; i++) {
        Range chunk = Layouts.chunk(sequenceLength, chunks, i);
        int start = Math.max(chunk.start(), document.start());
        int end = Math.min(chunk.end(), document.end());
        if (chunk.start() >= document.end()) {
          break;
        }
        if (start < end) {
          area[i] += triangle(end - document.start()) - triangle(start - document.start());
          last = i;
        }
      }
      for (int i = first; i <= last; i++) {
        firstOfDocument[i] = Math.min(firstOfDocument[i], first);
        lastOfDocument[i] = Math.max(lastOfDocument[i], last);
      }
    }
  }

  private int leastLoaded() {
    int least = -1;
    for (int rank = 0; rank < ranks; rank++) {
      if (held[rank] < chunksPerRank && (least < 0 || load[rank] < load[least])) {
        least = rank;
      }
    }
    return least;
  }

  /** The rank of the nearest chunk of the same document that has room and little more load. */
  private int neighbour(int chunk, int first, int last, int least, long slack) {
    for (int distance = 1; distance <= NEIGHBOURHOOD; distance++) {
      for (int other : new int[] {chunk - distance, chunk + distance}) {
        if (other >= first && other <= last && rankOfChunk[other] >= 0) {
          int rank = rankOfChunk[other];
          if (held[rank] < chunksPerRank && load[rank] <= load[least] + slack) {
            return rank;
          }
        }
      }
    }
    return least;
  }

  private static long triangle(long n) {
    return n * (n + 1) / 2;
  }
}
