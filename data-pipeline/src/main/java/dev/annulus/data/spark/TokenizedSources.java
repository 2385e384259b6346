package dev.annulus.data.spark;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.data.chat.ChatTemplate;
import dev.annulus.data.document.ProblemList;
import dev.annulus.data.source.FileSplit;
import dev.annulus.data.source.Source;
import dev.annulus.data.source.SourceFile;
import dev.annulus.data.source.SourceReader;
import dev.annulus.data.source.SplitPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.SerializableConfiguration;
import scala.Tuple2;

/**
 * The documents of all sources as tokens, kept on the executors' disks until closed, so that they
 * are tokenised once for all lengths. Used by one thread.
 */
final class TokenizedSources implements AutoCloseable {
  private static final long SMALLEST_SPLIT_BYTES = 1L << 20;

  /** Tasks for every slot, so that slow ones do not hold up the end. */
  private static final int TASKS_PER_SLOT = 4;

  private final Dataset<Row> table;
  private final SourceCounts counts;

  /** Reads and tokenises everything. */
  TokenizedSources(SparkSession spark, PrepareRequest request, List<Source> sources) {
    long bytes =
        sources.stream()
            .flatMap(source -> source.files().stream())
            .mapToLong(SourceFile::bytes)
            .sum();
    long slots = spark.sparkContext().defaultParallelism();
    long largest = request.sizes().splitBytes();
    long splitBytes =
        Math.clamp(
            bytes / (slots * TASKS_PER_SLOT), Math.min(SMALLEST_SPLIT_BYTES, largest), largest);
    SerializableConfiguration conf =
        new SerializableConfiguration(
            new Configuration(spark.sparkContext().hadoopConfiguration()));
    List<FileSplit> splits =
        SplitPlan.numbered(
            SplitPlan.splits(sources, splitBytes), asked -> countLines(spark, asked, conf));
    List<List<FileSplit>> groups = SplitPlan.grouped(splits, splitBytes);
    TokenizeTask task =
        new TokenizeTask(
            groups,
            conf,
            request.tokenizer().orElse(null),
            chatTemplate(request).orElse(null),
            request.data().addBos(),
            request.data().addEos(),
            request.vocabularySize(),
            request.data().heldOutShare(),
            request.data().statistics());
    this.table =
        partitions(spark, groups.size())
            .mapPartitions(task, Encoders.row(TokenTable.SCHEMA))
            .persist(StorageLevel.DISK_ONLY());
    try {
      this.counts = count(sources.size());
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private static Optional<ChatTemplate> chatTemplate(PrepareRequest request) {
    return request.hasTurns() ? Optional.of(request.requiredChatTemplate()) : Optional.empty();
  }

  /** What the sources hold. */
  SourceCounts counts() {
    return counts;
  }

  /** Documents, and problems. */
  Dataset<Row> table() {
    return table;
  }

  /** Documents that may be packed. */
  Dataset<Row> usable() {
    return table.filter(TokenTable.isUsable());
  }

  /** The first documents that are wrong, in the order of the sources. */
  List<Problem> firstProblems() {
    return problems(TokenTable.hasProblem());
  }

  /**
   * Stops what has more wrong documents than may be, or a file of which it is not known how many.
   *
   * @throws InvalidInputException with the first of them, in the order of the sources, and the
   *     number of the others
   */
  void check(double maxBadShare) {
    if (counts.brokenFiles() > 0) {
      throwAll(problems(functions.col(TokenTable.ENDS_FILE)), counts.brokenFiles(), List.of());
    }
    long bad = counts.total().bad();
    long all = counts.total().all();
    if (bad > maxBadShare * all) {
      List<Problem> excess =
          maxBadShare == 0
              ? List.of()
              : List.of(
                  new Problem(
                      "data.max_bad_share",
                      String.format(Locale.ROOT, "%,d of %,d documents are wrong", bad, all),
                      "at most " + maxBadShare + " of them"));
      throwAll(firstProblems(), bad, excess);
    }
  }

  /**
   * Stops where a document is longer than a row.
   *
   * @throws InvalidInputException as {@link #check}
   */
  void requireShort(int sequenceLength) {
    Column tooLong = TokenTable.isUsable().and(functions.col(TokenTable.TOKENS).gt(sequenceLength));
    long count = table.filter(tooLong).count();
    if (count > 0) {
      List<Problem> first = new ArrayList<>();
      for (Row row : first(tooLong, TokenTable.PLACE, TokenTable.TOKENS)) {
        first.add(
            new Problem(
                row.getString(0),
                "a document of " + row.getInt(1) + " tokens",
                "at most " + sequenceLength + ", or data.long_documents: split, truncate or drop"));
      }
      throwAll(first, count, List.of());
    }
  }

  private static void throwAll(List<Problem> first, long count, List<Problem> before) {
    ProblemList problems = new ProblemList();
    before.forEach(problems::add);
    first.forEach(problems::add);
    problems.addUnseen(count - first.size());
    problems.throwIfAny();
  }

  private List<Problem> problems(Column which) {
    return first(which, TokenTable.PLACE, TokenTable.VALUE, TokenTable.EXPECTATION).stream()
        .map(row -> new Problem(row.getString(0), row.getString(1), row.getString(2)))
        .toList();
  }

  private List<Row> first(Column which, String... columns) {
    return table
        .filter(which)
        .orderBy(TokenTable.sourceOrder())
        .limit(ProblemList.SHOWN)
        .select(TokenTable.columns(columns))
        .collectAsList();
  }

  @Override
  public void close() {
    // Waits: Spark's cleaner would meet blocks that are half removed, and log errors.
    table.unpersist(true);
  }

  private SourceCounts count(int sources) {
    FlatMapFunction<java.util.Iterator<Row>, SourceCounts> count =
        rows -> {
          SourceCounts counts = new SourceCounts(sources);
          rows.forEachRemaining(
              row ->
                  counts.add(
                      row.getInt(0),
                      row.getInt(1),
                      row.getBoolean(2),
                      row.getBoolean(3),
                      row.getBoolean(4)));
          return List.of(counts).iterator();
        };
    SourceCounts all = new SourceCounts(sources);
    table
        .select(
            functions.col(TokenTable.SOURCE),
            functions.col(TokenTable.TOKENS),
            TokenTable.hasProblem(),
            functions.col(TokenTable.HELD_OUT),
            functions.col(TokenTable.ENDS_FILE))
        .toJavaRDD()
        .mapPartitions(count)
        .collect()
        .forEach(all::merge);
    return all;
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
