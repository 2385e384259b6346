package dev.annulus.data.spark;

import dev.annulus.config.Problem;
import dev.annulus.data.document.DocumentTokens;
import dev.annulus.data.document.Outcome;
import dev.annulus.data.source.FileSplit;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * A document of tokens as a row of Spark, or its problem. Ids travel as bytes, 4 a token,
 * little-endian: Spark would box each element of an array.
 */
final class TokenTable {
  static final StructType SCHEMA =
      new StructType()
          .add("shuffle_key", DataTypes.LongType, false)
          .add("source", DataTypes.IntegerType, false)
          .add("file", DataTypes.IntegerType, false)
          .add("line", DataTypes.LongType, false)
          .add("place", DataTypes.StringType, false)
          .add("ids", DataTypes.BinaryType, true)
          .add("problem_value", DataTypes.StringType, true)
          .add("problem_expectation", DataTypes.StringType, true);

  private static final int PLACE = 4;
  private static final int IDS = 5;
  private static final int VALUE = 6;
  private static final int EXPECTATION = 7;
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private TokenTable() {}

  /** Order of the documents as they stand in the sources. */
  static Column[] sourceOrder() {
    return columns("source", "file", "line");
  }

  /** Order in which they are packed. */
  static Column[] packingOrder() {
    return columns("shuffle_key", "source", "file", "line");
  }

  static Column hasProblem() {
    return functions.col("ids").isNull();
  }

  static Row row(long shuffleKey, FileSplit split, long line, Outcome<DocumentTokens> outcome) {
    return switch (outcome) {
      case Outcome.Good<DocumentTokens>(DocumentTokens tokens) ->
          RowFactory.create(
              shuffleKey,
              split.source(),
              split.index(),
              line,
              tokens.place(),
              bytes(tokens.ids()),
              null,
              null);
      case Outcome.Bad<DocumentTokens>(Problem problem) ->
          RowFactory.create(
              shuffleKey,
              split.source(),
              split.index(),
              line,
              problem.place(),
              null,
              problem.value(),
              problem.expectation());
    };
  }

  static Problem problem(Row row) {
    return new Problem(row.getString(PLACE), row.getString(VALUE), row.getString(EXPECTATION));
  }

  static DocumentTokens tokens(Row row) {
    byte[] bytes = row.getAs(IDS);
    int[] ids = new int[bytes.length / Integer.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(ids);
    return new DocumentTokens(row.getString(PLACE), ids);
  }

  /** A number that depends on the seed and on where the document stands, and on nothing else. */
  static long shuffleKey(long seed, FileSplit split, long line) {
    return mix(mix(mix(mix(seed) + split.source()) + split.index()) + line);
  }

  /** The finaliser of SplitMix64. */
  private static long mix(long value) {
    long z = value + GOLDEN;
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }

  private static byte[] bytes(int[] ids) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(ids.length, Integer.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(ids);
    return bytes.array();
  }

  private static Column[] columns(String... names) {
    Column[] columns = new Column[names.length];
    for (int i = 0; i < names.length; i++) {
      columns[i] = functions.col(names[i]);
    }
    return columns;
  }
}
