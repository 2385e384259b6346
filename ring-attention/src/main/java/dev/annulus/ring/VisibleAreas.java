package dev.annulus.ring;

import dev.annulus.layout.Documents;
import dev.annulus.layout.Range;
import dev.annulus.layout.SequenceLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How many (query, key) pairs the causal document mask leaves between the queries of each rank and
 * the keys of each rank: from the pieces into which ranks and documents cut the row, never from
 * tokens, so a row of millions costs what its pieces cost.
 */
final class VisibleAreas {
  /** Tokens that one rank holds of one document, without a gap. */
  private record Piece(int rank, int start, int end) {}

  private VisibleAreas() {}

  /** By rank of the queries, then rank of the keys. */
  static long[][] of(SequenceLayout layout, Documents documents) {
    long[][] areas = new long[layout.ranks()][layout.ranks()];
    for (List<Piece> document : piecesByDocument(layout, documents)) {
      // Pieces ascend and are disjoint: those before a piece are seen whole, those behind not.
      for (int i = 0; i < document.size(); i++) {
        Piece queries = document.get(i);
        long length = (long) queries.end - queries.start;
        areas[queries.rank][queries.rank] += length * (length + 1) / 2;
        for (int j = 0; j < i; j++) {
          Piece keys = document.get(j);
          areas[queries.rank][keys.rank] += length * (keys.end - keys.start);
        }
      }
    }
    return areas;
  }

  /** For each document its pieces in the order of the row. */
  private static List<List<Piece>> piecesByDocument(SequenceLayout layout, Documents documents) {
    List<Piece> held = new ArrayList<>();
    for (int rank = 0; rank < layout.ranks(); rank++) {
      for (Range range : layout.rangesByRank().get(rank)) {
        held.add(new Piece(rank, range.start(), range.end()));
      }
    }
    held.sort(Comparator.comparingInt(Piece::start).thenComparingInt(Piece::end));
    List<List<Piece>> pieces = new ArrayList<>();
    int next = 0;
    for (Range document : documents.ranges()) {
      List<Piece> own = new ArrayList<>();
      while (next < held.size() && held.get(next).end <= document.start()) {
        next++;
      }
      for (int i = next; i < held.size() && held.get(i).start < document.end(); i++) {
        Piece piece = held.get(i);
        int start = Math.max(piece.start, document.start());
        int end = Math.min(piece.end, document.end());
        if (start < end) {
          own.add(new Piece(piece.rank, start, end));
        }
      }
      pieces.add(own);
    }
    return pieces;
  }
}
