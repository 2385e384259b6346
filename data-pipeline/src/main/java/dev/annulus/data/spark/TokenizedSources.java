package dev.annulus.data.spark;

import dev.annulus.data.document.DocumentTokens;
import dev.annulus.data.document.ProblemList;
import dev.annulus.data.source.FileSplit;
import dev.annulus.data.source.Source;
import dev.annulus.data.source.SourceReader;
import dev.annulus.data.source.SplitPlan;
import java.util.Iterator;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.SerializableConfiguration;
import scala.Tuple2;

/**
 * The documents of all sources as tokens, kept on the executors' disks until closed, so that they
 * are tokenised once. Used by one thread.
 */
final class TokenizedSources implements AutoCloseable {
  private static final long SPLIT_BYTES = 32L << 20;
  private static final long SMALLEST_GROUP_BYTES = 1L << 20;

  /** Tasks for every slot, so that slow ones do not hold up the end. */
  private static final int TASKS_PER_SLOT = 4;

  private final Dataset<Row> table;

  TokenizedSources(SparkSession spark, PrepareRequest request, List<Source> sources) {
    this(spark, request, sources, SPLIT_BYTES);
  }

  TokenizedSources(
      SparkSession spark, PrepareRequest request, List<Source> sources, long splitBytes) {
    SerializableConfiguration conf =
        new SerializableConfiguration(
            new Configuration(spark.sparkContext().hadoopConfiguration()));
    List<FileSplit> splits =
        SplitPlan.numbered(
            SplitPlan.splits(sources, splitBytes), asked -> countLines(spark, asked, conf));
    long bytes = splits.stream().mapToLong(split -> split.end() - split.start()).sum();
    long slots = spark.sparkContext().defaultParallelism();
    List<List<FileSplit>> groups =
        SplitPlan.grouped(
            splits,
            Math.clamp(
                bytes / (slots * TASKS_PER_SLOT),
                Math.min(SMALLEST_GROUP_BYTES, splitBytes),
                splitBytes));
    TokenizeTask task =
        new TokenizeTask(
            groups,
            conf,
            request.tokenizer().orElse(null),
            request.data().addBos(),
            request.data().addEos(),
            request.vocabularySize(),
            request.data().shuffle(),
            request.seed());
    this.table =
        partitions(spark, groups.size())
            .mapPartitions(task, Encoders.row(TokenTable.SCHEMA))
            .persist(StorageLevel.DISK_ONLY());
  }

  /**
   * @throws dev.annulus.config.InvalidInputException with the first documents that are wrong, in
   *     the order of the sources
   */
  void check() {
    Dataset<Row> wrong = table.filter(TokenTable.hasProblem());
    long count = wrong.count();
    if (count > 0) {
      ProblemList problems = new ProblemList();
      List<Row> first =
          wrong.orderBy(TokenTable.sourceOrder()).limit(ProblemList.SHOWN).collectAsList();
      first.forEach(row -> problems.add(TokenTable.problem(row)));
      problems.addUnseen(count - first.size());
      problems.throwIfAny();
    }
  }

  /** All documents in the order in which they are packed; one partition at a time is fetched. */
  Iterator<DocumentTokens> inPackingOrder() {
    Iterator<Row> rows = table.orderBy(TokenTable.packingOrder()).toLocalIterator();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return rows.hasNext();
      }

      @Override
      public DocumentTokens next() {
        return TokenTable.tokens(rows.next());
      }
    };
  }

  @Override
  public void close() {
    table.unpersist();
  }

  private static long[] countLines(
      SparkSession spark, List<FileSplit> splits, SerializableConfiguration conf) {
    List<FileSplit> sent = List.copyOf(splits);
    MapFunction<Long, Tuple2<Long, Long>> count =
        number ->
            new Tuple2<>(
                number, SourceReader.countLines(sent.get(Math.toIntExact(number)), conf.value()));
    long[] counts = new long[splits.size()];
    partitions(spark, splits.size())
        .map(count, Encoders.tuple(Encoders.LONG(), Encoders.LONG()))
        .collectAsList()
        .forEach(pair -> counts[Math.toIntExact(pair._1())] = pair._2());
    return counts;
  }

  /** The numbers from 0, one to a partition. */
  private static Dataset<Long> partitions(SparkSession spark, int count) {
    return spark.range(0, count, 1, count);
  }
}
