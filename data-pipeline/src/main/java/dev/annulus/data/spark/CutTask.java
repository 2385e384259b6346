package dev.annulus.data.spark;

import dev.annulus.data.document.DocumentTokens;
import dev.annulus.data.pack.DocumentCutter;
import dev.annulus.data.pack.Piece;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
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
    int source = row.getInt(0);
    int file = row.getInt(1);
    long line = row.getLong(2);
    int copies = drawing.copies(source, file, line);
    if (copies == 0) {
      return List.<Row>of().iterator();
    }
    List<Piece> pieces =
        new DocumentCutter(drawing.settings())
            .cut(new DocumentTokens("", coding.decode(row.getAs(3)), row.getAs(4)));
    if (pieces.isEmpty()) {
      return List.<Row>of().iterator();
    }
    List<Row> rows = new ArrayList<>(pieces.size() * copies);
    long drawn = drawing.key(source, file, line);
    for (int copy = 0; copy < copies; copy++) {
      long key = drawing.shuffle() ? Draws.again(drawn, copy) : 0;
      int window = windows.of(source, file, line, key);
      for (int p = 0; p < pieces.size(); p++) {
        // Ranges of an unsigned number, in an order that Spark knows.
        long ordered = drawing.shuffle() ? key ^ Long.MIN_VALUE : 0;
        rows.add(
            PieceTable.row(
                window,
                new PieceTable.Order(ordered, source, file, line, copy, p),
                pieces.get(p),
                coding));
      }
    }
    return rows.iterator();
  }
}
