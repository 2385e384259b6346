package dev.annulus.ring;

import dev.annulus.layout.Range;
import dev.annulus.layout.SequenceLayout;

/**
 * Queries of one rank in one document, as the layout's runs: {@code first}, {@code first + stride},
 * .. in global positions. Against any block they are one {@link ChunkTask}.
 *
 * @param documentStart position of the first key that they may see
 */
record QueryRun(int documentStart, int rank, int first, int stride, int count) {
  /** What is told the runs of a document. */
  interface Visitor {
    void visit(QueryRun run);
  }

  static void forEach(SequenceLayout layout, Range document, Visitor visitor) {
    layout.forEachRun(
        document,
        (rank, first, stride, count) ->
            visitor.visit(new QueryRun(document.start(), rank, first, stride, count)));
  }

  /** Position of the last query. */
  int last() {
    return first + (count - 1) * stride;
  }

  /** The keys of {@code owner} that these queries see; without keys if they see none. */
  ChunkTask meet(SequenceLayout layout, int owner) {
    int keyStart = layout.tokensBefore(owner, documentStart);
    int keyEnd = layout.tokensBefore(owner, last() + 1);
    // From query to query the keys before it grow by one, or not at all: the layout promises it.
    boolean causal = keyEnd > layout.tokensBefore(owner, first + 1);
    int queryStart = layout.tokensBefore(rank, first);
    return new ChunkTask(queryStart, queryStart + count, keyStart, keyEnd, causal);
  }
}
