package dev.annulus.data.spark;

import dev.annulus.data.pack.ModalityFactors;
import dev.annulus.data.pack.PackedCounts;
import dev.annulus.data.pack.PackingPass;
import dev.annulus.data.parquet.PartFile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Packs pieces on the executors: all windows at once, then what they have left in fewer windows,
 * until there is one. Every part depends on its window alone, so the result does not depend on how
 * Spark divides the work.
 *
 * @param drawing what is packed
 * @param factors of modalities
 * @param withModalities whether rows have modality ids
 * @param folder where parts are written
 * @param maxPartitions of Spark
 * @param coding of ids
 * @param conf of Hadoop
 */
record PackingPasses(
    Drawing drawing,
    ModalityFactors factors,
    boolean withModalities,
    String folder,
    int maxPartitions,
    TokenBytes coding,
    SerializableConfiguration conf) {
  /**
   * What was packed.
   *
   * @param parts in the order of the rows
   * @param counts of all of them
   */
  record Result(List<PartFile> parts, PackedCounts counts) {}

  /**
   * Packs the documents that are drawn.
   *
   * @param onPass told when a pass begins
   */
  Result run(Dataset<Row> usable, Windows windows, Runnable onPass) {
    List<Dataset<Row>> kept = new ArrayList<>();
    try {
      return run(usable, windows, onPass, kept);
    } finally {
      kept.forEach(packed -> packed.unpersist(true));
    }
  }

  private Result run(
      Dataset<Row> usable, Windows windows, Runnable onPass, List<Dataset<Row>> kept) {
    List<PartFile> parts = new ArrayList<>();
    PackedCounts counts = PackedCounts.NONE;
    int count = windows.count();
    Dataset<Row> pieces =
        usable
            .select(TokenTable.columns(CutTask.COLUMNS))
            .flatMap(new CutTask(drawing, windows, coding), Encoders.row(PieceTable.SCHEMA));
    for (int pass = 0; ; pass++) {
      onPass.run();
      boolean last = count == 1;
      Dataset<Row> packed = packed(pieces, count, pass, last);
      if (!last) {
        // Few pieces are left; that they are kept saves packing the windows again.
        kept.add(packed.persist(StorageLevel.DISK_ONLY()));
      }
      for (PieceTable.Written written : written(packed)) {
        parts.add(written.part());
        counts = counts.plus(written.counts());
      }
      Dataset<Row> left = packed.filter(functions.col(PieceTable.PART).isNull());
      long tokens = last ? 0 : tokens(left);
      if (tokens == 0) {
        return new Result(parts, counts);
      }
      int after = PackingPass.windowsAfter(count, drawing.settings().windowsFor(tokens));
      pieces = toNextPass(left, count, after);
      count = after;
    }
  }

  private Dataset<Row> packed(Dataset<Row> pieces, int windows, int pass, boolean last) {
    PackTask task =
        new PackTask(drawing.settings(), factors, withModalities, folder, pass, last, coding, conf);
    int partitions = Math.min(windows, maxPartitions);
    return pieces
        .repartitionById(partitions, functions.col(PieceTable.WINDOW).mod(partitions))
        .sortWithinPartitions(PieceTable.order())
        .mapPartitions(task, Encoders.row(PieceTable.PACKED));
  }

  private static List<PieceTable.Written> written(Dataset<Row> packed) {
    return packed.filter(functions.col(PieceTable.PART).isNotNull()).collectAsList().stream()
        .map(PieceTable::written)
        .sorted(Comparator.comparingInt(PieceTable.Written::window))
        .toList();
  }

  private long tokens(Dataset<Row> left) {
    Row sum =
        left.agg(functions.sum(functions.octet_length(functions.col("ids"))))
            .collectAsList()
            .get(0);
    return sum.isNullAt(0) ? 0 : sum.getLong(0) / coding.width();
  }

  private static Dataset<Row> toNextPass(Dataset<Row> left, int windows, int after) {
    // As PackingPass.next has it.
    return left.withColumn(
            PieceTable.WINDOW,
            functions.expr(
                "cast(div(cast(%s as bigint) * %d, %d) as int)"
                    .formatted(PieceTable.WINDOW, after, windows)))
        .select(TokenTable.columns(PieceTable.SCHEMA.fieldNames()));
  }
}
