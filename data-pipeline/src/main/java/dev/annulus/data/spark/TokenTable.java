package dev.annulus.data.spark;

import dev.annulus.config.Problem;
import dev.annulus.data.document.DocumentTokens;
import dev.annulus.data.source.FileSplit;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** A document of tokens as a row of Spark, or its problem. */
final class TokenTable {
  static final String SOURCE = "source";
  static final String FILE = "file";
  static final String LINE = "line";
  static final String PLACE = "place";
  static final String TOKENS = "tokens";
  static final String IDS = "ids";
  static final String MARKS = "marks";
  static final String HASH = "hash";
  static final String HELD_OUT = "held_out";
  static final String SIGNATURE = "signature";
  static final String VALUE = "problem_value";
  static final String EXPECTATION = "problem_expectation";
  static final String ENDS_FILE = "ends_file";

  /** {@code ids} is null where there is a problem; {@code marks} are empty where all are 0. */
  static final StructType SCHEMA =
      new StructType()
          .add(SOURCE, DataTypes.IntegerType, false)
          .add(FILE, DataTypes.IntegerType, false)
          .add(LINE, DataTypes.LongType, false)
          .add(PLACE, DataTypes.StringType, false)
          .add(TOKENS, DataTypes.IntegerType, false)
          .add(IDS, DataTypes.BinaryType, true)
          .add(MARKS, DataTypes.BinaryType, true)
          .add(HASH, DataTypes.LongType, false)
          .add(HELD_OUT, DataTypes.BooleanType, false)
          .add(SIGNATURE, DataTypes.BinaryType, true)
          .add(VALUE, DataTypes.StringType, true)
          .add(EXPECTATION, DataTypes.StringType, true)
          .add(ENDS_FILE, DataTypes.BooleanType, false);

  private TokenTable() {}

  /** Order of the documents as they stand in the sources. */
  static Column[] sourceOrder() {
    return columns(SOURCE, FILE, LINE);
  }

  static Column hasProblem() {
    return functions.col(IDS).isNull();
  }

  /** Documents that may be packed. */
  static Column isUsable() {
    return functions.col(IDS).isNotNull().and(functions.not(functions.col(HELD_OUT)));
  }

  static Row good(
      FileSplit split,
      long line,
      DocumentTokens document,
      TokenBytes coding,
      long hash,
      boolean heldOut,
      byte[] signature) {
    return RowFactory.create(
        split.source(),
        split.index(),
        line,
        document.place(),
        document.ids().length,
        coding.encode(document.ids()),
        document.marks(),
        hash,
        heldOut,
        signature,
        null,
        null,
        false);
  }

  static Row bad(FileSplit split, long line, Problem problem, boolean endsFile) {
    return RowFactory.create(
        split.source(),
        split.index(),
        line,
        problem.place(),
        0,
        null,
        null,
        0L,
        false,
        null,
        problem.value(),
        problem.expectation(),
        endsFile);
  }

  static Column[] columns(String... names) {
    Column[] columns = new Column[names.length];
    for (int i = 0; i < names.length; i++) {
      columns[i] = functions.col(names[i]);
    }
    return columns;
  }
}
