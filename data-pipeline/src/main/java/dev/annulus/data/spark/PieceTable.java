package dev.annulus.data.spark;

import dev.annulus.data.pack.PackedCounts;
import dev.annulus.data.pack.Piece;
import dev.annulus.data.parquet.PartFile;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Pieces on their way to their windows, and what the packers of windows give back: parts, and
 * pieces that are left.
 */
final class PieceTable {
  static final String WINDOW = "window";

  /** The part's name; null in the row of a piece. */
  static final String PART = "part";

  /** A piece; its order in the window are the first columns but the window's. */
  static final StructType SCHEMA =
      new StructType()
          .add(WINDOW, DataTypes.IntegerType, false)
          .add("key", DataTypes.LongType, false)
          .add("source", DataTypes.IntegerType, false)
          .add("file", DataTypes.IntegerType, false)
          .add("line", DataTypes.LongType, false)
          .add("copy", DataTypes.IntegerType, false)
          .add("piece", DataTypes.IntegerType, false)
          .add("ids", DataTypes.BinaryType, true)
          .add("marks", DataTypes.BinaryType, true)
          .add("position", DataTypes.IntegerType, false)
          .add("next_id", DataTypes.IntegerType, false)
          .add("next_mark", DataTypes.IntegerType, false)
          .add("weight", DataTypes.FloatType, false);

  /** A piece that is left, or a part. */
  static final StructType PACKED =
      SCHEMA
          .add(PART, DataTypes.StringType, true)
          .add("rows", DataTypes.IntegerType, false)
          .add("bytes", DataTypes.LongType, false)
          .add("sha256", DataTypes.StringType, true)
          .add("tokens", DataTypes.LongType, false)
          .add("segments", DataTypes.LongType, false)
          .add("targets", DataTypes.LongType, false);

  private static final int IDS = 7;
  private static final int AFTER_PIECE = 13;

  private PieceTable() {}

  /** Where a piece stands in its window. */
  record Order(long key, int source, int file, long line, int copy, int piece) {
    /** The order of what a window has left. */
    static Order leftBy(int window, int index) {
      return new Order(window, 0, 0, index, 0, 0);
    }
  }

  /** What a packer has written. */
  record Written(int window, PartFile part, PackedCounts counts) {}

  static Column[] order() {
    return TokenTable.columns(WINDOW, "key", "source", "file", "line", "copy", "piece");
  }

  static Row row(int window, Order order, Piece piece, TokenBytes coding) {
    return RowFactory.create(values(SCHEMA.size(), window, order, piece, coding));
  }

  static Row left(int window, int index, Piece piece, TokenBytes coding) {
    Object[] values = values(PACKED.size(), window, Order.leftBy(window, index), piece, coding);
    setPart(values, null, PackedCounts.NONE);
    return RowFactory.create(values);
  }

  static Row part(int window, PartFile part, PackedCounts counts) {
    Object[] values = new Object[PACKED.size()];
    setPlace(values, window, Order.leftBy(window, 0));
    values[9] = 0;
    values[10] = 0;
    values[11] = 0;
    values[12] = 0f;
    setPart(values, part, counts);
    return RowFactory.create(values);
  }

  static int window(Row row) {
    return row.getInt(0);
  }

  static Piece piece(Row row, TokenBytes coding) {
    return new Piece(
        coding.decode(row.getAs(IDS)),
        row.getAs(8),
        row.getInt(9),
        row.getInt(10),
        (byte) row.getInt(11),
        row.getFloat(12));
  }

  static Written written(Row row) {
    PartFile part =
        new PartFile(
            row.getString(AFTER_PIECE),
            row.getInt(AFTER_PIECE + 1),
            row.getLong(AFTER_PIECE + 2),
            row.getString(AFTER_PIECE + 3));
    return new Written(
        window(row),
        part,
        new PackedCounts(
            part.rows(),
            row.getLong(AFTER_PIECE + 4),
            row.getLong(AFTER_PIECE + 5),
            row.getLong(AFTER_PIECE + 6)));
  }

  private static Object[] values(
      int size, int window, Order order, Piece piece, TokenBytes coding) {
    Object[] values = new Object[size];
    setPlace(values, window, order);
    values[IDS] = coding.encode(piece.ids());
    values[8] = piece.marks();
    values[9] = piece.position();
    values[10] = piece.nextId();
    values[11] = (int) piece.nextMark();
    values[12] = piece.weight();
    return values;
  }

  private static void setPlace(Object[] values, int window, Order order) {
    values[0] = window;
    values[1] = order.key();
    values[2] = order.source();
    values[3] = order.file();
    values[4] = order.line();
    values[5] = order.copy();
    values[6] = order.piece();
  }

  private static void setPart(Object[] values, PartFile part, PackedCounts counts) {
    values[AFTER_PIECE] = part == null ? null : part.name();
    values[AFTER_PIECE + 1] = part == null ? 0 : part.rows();
    values[AFTER_PIECE + 2] = part == null ? 0L : part.bytes();
    values[AFTER_PIECE + 3] = part == null ? null : part.sha256();
    values[AFTER_PIECE + 4] = counts.tokens();
    values[AFTER_PIECE + 5] = counts.segments();
    values[AFTER_PIECE + 6] = counts.targets();
  }
}
