package dev.annulus.data.spark;

import dev.annulus.data.pack.DocumentCutter;
import dev.annulus.data.pack.Piece;
import java.util.Collections;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Row;

/**
 * Documents to pieces, each with its window.
 *
 * @param drawing which documents, and how often
 * @param windows where they go
 * @param coding of ids
 */
record CutTask(Drawing drawing, Windows windows, TokenBytes coding)
    implements FlatMapFunction<Row, Row> {
  static final String[] COLUMNS = {
    TokenTable.SOURCE, TokenTable.FILE, TokenTable.LINE, TokenTable.IDS, TokenTable.MARKS
  };

  @Override
  public Iterator<Row> call(Row row) {
    return new Pieces(row);
  }

  /** Piece by piece, copy by copy: all those of an enormous document would fill the heap. */
  private final class Pieces implements Iterator<Row> {
    private final int source;
    private final int file;
    private final long line;
    private final byte[] ids;
    private final byte[] marks;
    private final int copies;
    private int copy;
    private int piece;
    private Iterator<Piece> pieces;

    Pieces(Row row) {
      source = row.getInt(0);
      file = row.getInt(1);
      line = row.getLong(2);
      ids = row.getAs(3);
      marks = row.getAs(4);
      copies = drawing.copies(source, file, line);
      pieces = copies == 0 ? Collections.emptyIterator() : cut();
    }

    private Iterator<Piece> cut() {
      return new DocumentCutter(drawing.settings())
          .cut(ids.length / coding.width(), marks, (from, to) -> coding.decode(ids, from, to));
    }

    @Override
    public boolean hasNext() {
      if (!pieces.hasNext() && piece > 0 && copy + 1 < copies) {
        copy++;
        piece = 0;
        pieces = cut();
      }
      return pieces.hasNext();
    }

    @Override
    public Row next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      long key = drawing.shuffle() ? Draws.again(drawing.key(source, file, line), copy) : 0;
      // Ranges of an unsigned number, in an order that Spark knows.
      long ordered = drawing.shuffle() ? key ^ Long.MIN_VALUE : 0;
      return PieceTable.row(
          windows.of(source, file, line, key),
          new PieceTable.Order(ordered, source, file, line, copy, piece++),
          pieces.next(),
          coding);
    }
  }
}
