package dev.annulus.data.spark;

import dev.annulus.data.pack.ModalityFactors;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.data.pack.PackingSettings;
import dev.annulus.data.pack.Piece;
import dev.annulus.data.pack.WindowPacker;
import dev.annulus.data.parquet.PartWriter;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Packs the windows of a partition one by one, each into a part of its own, and hands on what they
 * leave.
 *
 * @param settings of the packing
 * @param factors of modalities
 * @param withModalities whether rows have modality ids
 * @param folder where parts are written
 * @param pass number of the pass
 * @param last whether nothing may be left
 * @param coding of ids
 * @param conf of Hadoop
 */
record PackTask(
    PackingSettings settings,
    ModalityFactors factors,
    boolean withModalities,
    String folder,
    int pass,
    boolean last,
    TokenBytes coding,
    SerializableConfiguration conf)
    implements MapPartitionsFunction<Row, Row> {
  @Override
  public Iterator<Row> call(Iterator<Row> pieces) {
    return new Results(pieces, TaskContext.get().taskAttemptId());
  }

  /** The pieces of a partition, window by window. */
  private final class Results implements Iterator<Row> {
    private final Iterator<Row> pieces;
    private final long attempt;
    private Row next;
    private Iterator<Row> results = List.<Row>of().iterator();

    Results(Iterator<Row> pieces, long attempt) {
      this.pieces = pieces;
      this.attempt = attempt;
      this.next = pieces.hasNext() ? pieces.next() : null;
    }

    @Override
    public boolean hasNext() {
      while (!results.hasNext() && next != null) {
        results = packWindow().iterator();
      }
      return results.hasNext();
    }

    @Override
    public Row next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return results.next();
    }

    private List<Row> packWindow() {
      int window = PieceTable.window(next);
      // A task that is started again does not meet what it wrote before.
      Part part = new Part("pass-%d-window-%d-attempt-%d".formatted(pass, window, attempt));
      boolean done = false;
      try {
        WindowPacker packer = new WindowPacker(settings, factors, withModalities, part);
        while (next != null && PieceTable.window(next) == window) {
          packer.add(PieceTable.piece(next, coding));
          next = pieces.hasNext() ? pieces.next() : null;
        }
        List<Piece> left = packer.finish(last);
        List<Row> rows = new ArrayList<>(left.size() + 1);
        if (part.writer != null) {
          rows.add(PieceTable.part(window, part.writer.finish(), packer.counts()));
        }
        for (Piece piece : left) {
          rows.add(PieceTable.left(window, rows.size(), piece, coding));
        }
        done = true;
        return rows;
      } finally {
        if (!done && part.writer != null) {
          part.writer.abandon();
        }
      }
    }
  }

  /** A part that begins with its first row. */
  private final class Part implements Consumer<PackedRow> {
    private final String name;
    private PartWriter writer;

    Part(String name) {
      this.name = name;
    }

    @Override
    public void accept(PackedRow row) {
      if (writer == null) {
        writer =
            PartWriter.open(folder, name, settings.sequenceLength(), withModalities, conf.value());
      }
      writer.write(row);
    }
  }
}
