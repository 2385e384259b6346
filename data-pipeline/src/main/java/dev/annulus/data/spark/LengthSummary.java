package dev.annulus.data.spark;

import dev.annulus.data.statistics.LengthHistogram;
import dev.annulus.data.statistics.LengthSample;
import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The lengths of documents.
 *
 * @param histogram of all
 * @param sample of them
 * @param longerDocuments documents longer than a row, for each length of rows
 * @param longerTokens their tokens
 */
record LengthSummary(
    LengthHistogram histogram, LengthSample sample, long[] longerDocuments, long[] longerTokens)
    implements Serializable {
  static LengthSummary of(Dataset<Row> usable, List<Integer> rows, long seed) {
    int[] lengths = rows.stream().mapToInt(Integer::intValue).toArray();
    FlatMapFunction<Iterator<Row>, LengthSummary> summarise =
        documents -> List.of(summary(documents, lengths, seed)).iterator();
    LengthSummary all = empty(lengths.length);
    usable
        .select(
            TokenTable.columns(
                TokenTable.SOURCE, TokenTable.FILE, TokenTable.LINE, TokenTable.TOKENS))
        .toJavaRDD()
        .mapPartitions(summarise)
        .collect()
        .forEach(all::merge);
    return all;
  }

  private static LengthSummary empty(int lengths) {
    return new LengthSummary(
        new LengthHistogram(), new LengthSample(), new long[lengths], new long[lengths]);
  }

  private static LengthSummary summary(Iterator<Row> documents, int[] lengths, long seed) {
    LengthSummary summary = empty(lengths.length);
    while (documents.hasNext()) {
      Row row = documents.next();
      int tokens = row.getInt(3);
      summary.histogram.add(tokens);
      summary.sample.add(Draws.of(seed, row.getInt(0), row.getInt(1), row.getLong(2)), tokens);
      for (int i = 0; i < lengths.length; i++) {
        if (tokens > lengths[i]) {
          summary.longerDocuments[i]++;
          summary.longerTokens[i] += tokens;
        }
      }
    }
    return summary;
  }

  private void merge(LengthSummary other) {
    histogram.merge(other.histogram);
    sample.merge(other.sample);
    for (int i = 0; i < longerDocuments.length; i++) {
      longerDocuments[i] += other.longerDocuments[i];
      longerTokens[i] += other.longerTokens[i];
    }
  }
}
