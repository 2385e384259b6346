package dev.annulus.data.benchmark;

import dev.annulus.data.pack.PackedRow;
import dev.annulus.data.parquet.PartWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SplittableRandom;
import org.apache.hadoop.conf.Configuration;

/** What it costs to write packed rows, by thread CPU time. Arguments: an empty folder. */
final class WriteBenchmark {
  private static final int ROW = 8192;
  private static final int ROWS = 512;

  private WriteBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    PackedRow[] rows = new PackedRow[16];
    SplittableRandom random = new SplittableRandom(3);
    for (int r = 0; r < rows.length; r++) {
      rows[r] = row(random);
    }
    for (int turn = 0; turn < 6; turn++) {
      String name = "turn-" + turn;
      long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      PartWriter writer = PartWriter.open(arguments[0], name, ROW, false, new Configuration());
      for (int r = 0; r < ROWS; r++) {
        writer.write(rows[r % rows.length]);
      }
      writer.finish();
      long cpuNs = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before;
      System.out.printf(
          Locale.ROOT,
          "%.1f ns and %.2f bytes a token%n",
          (double) cpuNs / ROWS / ROW,
          (double) Files.size(Path.of(arguments[0], name)) / ROWS / ROW);
    }
  }

  /** Documents of 1,024 tokens; ids by a law of few common and many rare ones. */
  private static PackedRow row(SplittableRandom random) {
    PackedRow row =
        new PackedRow(new int[ROW], new int[ROW], new int[ROW], new int[ROW], new float[ROW]);
    for (int t = 0; t < ROW; t++) {
      row.inputIds()[t] = (int) Math.pow(128_000, random.nextDouble());
      row.segmentIds()[t] = t / 1024 + 1;
      row.positionIds()[t] = t % 1024;
      row.lossWeights()[t] = t % 1024 == 1023 ? 0 : 1;
    }
    for (int t = 0; t + 1 < ROW; t++) {
      row.targetIds()[t] = t % 1024 == 1023 ? 0 : row.inputIds()[t + 1];
    }
    return row;
  }
}
