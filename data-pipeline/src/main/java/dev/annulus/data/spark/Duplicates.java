package dev.annulus.data.spark;

import dev.annulus.data.statistics.CorpusStatistics;
import dev.annulus.data.statistics.CorpusStatistics.Repeated;
import dev.annulus.data.statistics.MinHash;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Documents that an earlier one repeats, in whole or nearly. Empty documents repeat nothing. */
final class Duplicates {
  private static final StructType CANDIDATES =
      new StructType()
          .add("band", DataTypes.LongType, false)
          .add(TokenTable.SOURCE, DataTypes.IntegerType, false)
          .add(TokenTable.FILE, DataTypes.IntegerType, false)
          .add(TokenTable.LINE, DataTypes.LongType, false)
          .add(TokenTable.TOKENS, DataTypes.IntegerType, false)
          .add(TokenTable.SIGNATURE, DataTypes.BinaryType, false);

  private static final StructType REPEATED =
      new StructType()
          .add(TokenTable.SOURCE, DataTypes.IntegerType, false)
          .add(TokenTable.FILE, DataTypes.IntegerType, false)
          .add(TokenTable.LINE, DataTypes.LongType, false)
          .add(TokenTable.TOKENS, DataTypes.IntegerType, false);

  private Duplicates() {}

  static Repeated exact(Dataset<Row> usable) {
    Row sums =
        usable
            .filter(functions.col(TokenTable.TOKENS).gt(0))
            .groupBy(TokenTable.HASH)
            .agg(
                functions.count(functions.lit(1)).minus(1).as("again"),
                functions.max(TokenTable.TOKENS).as(TokenTable.TOKENS))
            .agg(
                functions.sum("again"),
                functions.sum(functions.col("again").multiply(functions.col(TokenTable.TOKENS))))
            .head();
    return repeated(sums);
  }

  /**
   * Documents that share a band with an earlier one, and enough of their signatures. Of each band
   * the first few unlike documents are kept to compare with, so that a common band costs no square.
   */
  static Repeated near(Dataset<Row> usable) {
    FlatMapFunction<Row, Row> bands = Duplicates::bands;
    MapPartitionsFunction<Row, Row> find = rows -> new LikeEarlier(rows);
    Row sums =
        usable
            .select(
                TokenTable.columns(
                    TokenTable.SOURCE,
                    TokenTable.FILE,
                    TokenTable.LINE,
                    TokenTable.TOKENS,
                    TokenTable.SIGNATURE))
            .flatMap(bands, Encoders.row(CANDIDATES))
            .repartition(functions.col("band"))
            .sortWithinPartitions(
                TokenTable.columns("band", TokenTable.SOURCE, TokenTable.FILE, TokenTable.LINE))
            .mapPartitions(find, Encoders.row(REPEATED))
            .dropDuplicates(TokenTable.SOURCE, TokenTable.FILE, TokenTable.LINE)
            .agg(functions.count(functions.lit(1)), functions.sum(TokenTable.TOKENS))
            .head();
    return repeated(sums);
  }

  private static Repeated repeated(Row sums) {
    return new Repeated(
        sums.isNullAt(0) ? 0 : sums.getLong(0), sums.isNullAt(1) ? 0 : sums.getLong(1));
  }

  private static Iterator<Row> bands(Row row) {
    byte[] signature = row.getAs(4);
    List<Row> rows = new ArrayList<>();
    for (long band : MinHash.bands(signature)) {
      rows.add(RowFactory.create(band, row.get(0), row.get(1), row.get(2), row.get(3), signature));
    }
    return rows.iterator();
  }

  /** The candidates of a band in their order; those that are like an earlier one come out. */
  private static final class LikeEarlier implements Iterator<Row> {
    private static final int MOST_KEPT = 8;

    private final Iterator<Row> candidates;
    private final List<byte[]> kept = new ArrayList<>();
    private long band;
    private Row next;

    LikeEarlier(Iterator<Row> candidates) {
      this.candidates = candidates;
    }

    @Override
    public boolean hasNext() {
      while (next == null && candidates.hasNext()) {
        Row row = candidates.next();
        if (row.getLong(0) != band) {
          band = row.getLong(0);
          kept.clear();
        }
        byte[] signature = row.getAs(5);
        boolean isLike =
            kept.stream()
                .anyMatch(one -> MinHash.similarity(one, signature) >= CorpusStatistics.NEAR);
        if (isLike) {
          next = RowFactory.create(row.get(1), row.get(2), row.get(3), row.get(4));
        } else if (kept.size() < MOST_KEPT) {
          kept.add(signature);
        }
      }
      return next != null;
    }

    @Override
    public Row next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      Row row = next;
      next = null;
      return row;
    }
  }
}
