package dev.annulus.data.benchmark;

import dev.annulus.config.DataSettings;
import dev.annulus.config.DataSettings.LongDocuments;
import dev.annulus.config.DataSettings.LossNormalization;
import dev.annulus.config.DataSettings.ModalityLoss;
import dev.annulus.config.DataSettings.SplitPositions;
import dev.annulus.config.SourceSettings;
import dev.annulus.config.SourceSettings.Format;
import dev.annulus.data.document.Document;
import dev.annulus.data.document.DocumentReader;
import dev.annulus.data.spark.PrepareJob;
import dev.annulus.data.spark.PrepareRequest;
import dev.annulus.data.tokenizer.Tokenizer;
import dev.annulus.data.tokenizer.TokenizerSpec;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;

/**
 * Tokens a second and core from text to packed Parquet, against the bare tokeniser on the same text
 * in the same run: the median of the turns behind those in which the JVM warms up. Arguments: the
 * tokeniser's folder or {@code bytes}, a folder to write, {@code true} or {@code false} for
 * statistics, and a corpus of JSON lines. Rows are of 8,192 tokens, Spark has one slot.
 */
final class PrepareBenchmark {
  private static final int WARM_UP = 2;
  private static final int TURNS = 3;

  private PrepareBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    TokenizerSpec spec = TokenizerSpec.read(arguments[0]);
    Path out = Path.of(arguments[1]);
    boolean statistics = Boolean.parseBoolean(arguments[2]);
    try (SparkSession spark =
            SparkSession.builder()
                .master("local[1]")
                .config("spark.ui.enabled", false)
                .config("spark.sql.warehouse.dir", out.resolve("warehouse").toString())
                .getOrCreate();
        Tokenizer tokenizer = spec.open()) {
      Path corpus = Path.of(arguments[3]);
      double[] ratios = new double[TURNS];
      for (int turn = -WARM_UP; turn < TURNS; turn++) {
        double bareNs = bare(tokenizer, corpus);
        double preparedNs = prepare(spark, spec, corpus, out, statistics);
        System.out.printf(
            Locale.ROOT,
            "%s: bare tokeniser %.0f ns a token, prepare %.0f ns: %.2f of its tokens a second%n",
            turn < 0 ? "warming up" : "turn " + turn,
            bareNs,
            preparedNs,
            bareNs / preparedNs);
        if (turn >= 0) {
          ratios[turn] = bareNs / preparedNs;
        }
      }
      Arrays.sort(ratios);
      System.out.printf(
          Locale.ROOT,
          "median of %d turns %.2f, from %.2f to %.2f%n",
          TURNS,
          ratios[TURNS / 2],
          ratios[0],
          ratios[TURNS - 1]);
    }
  }

  /** Thread CPU time of a token. */
  private static double bare(Tokenizer tokenizer, Path corpus) throws IOException {
    long cpuNs = 0;
    long tokens = 0;
    try (Stream<Path> files = Files.list(corpus)) {
      for (Path file : files.sorted().limit(1).toList()) {
        for (Document document : DocumentReader.readJsonLines(file)) {
          Document.Text text = (Document.Text) document.content();
          long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
          tokens += tokenizer.encode(text.text()).length;
          cpuNs += ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before;
        }
      }
    }
    return (double) cpuNs / tokens;
  }

  /** CPU time of the whole process for a token. */
  static double prepare(
      SparkSession spark, TokenizerSpec spec, Path corpus, Path out, boolean statistics)
      throws IOException {
    Path packed = out.resolve("packed");
    delete(packed);
    DataSettings data =
        new DataSettings(
            List.of(new SourceSettings(corpus + "/*.jsonl", Format.JSONL, "text")),
            packed.toString(),
            true,
            true,
            LongDocuments.SPLIT,
            SplitPositions.RESTART,
            LossNormalization.TOKEN,
            true,
            0,
            0,
            Optional.empty(),
            ModalityLoss.FACTOR,
            List.of(),
            statistics);
    PrepareRequest request = new PrepareRequest(data, Optional.of(spec), 1 << 17, 8192, 1);
    var process =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long before = process.getProcessCpuTime();
    long wallBefore = System.nanoTime();
    long tokens = PrepareJob.run(spark, request).manifest().report().tokens();
    long cpuNs = process.getProcessCpuTime() - before;
    Runtime runtime = Runtime.getRuntime();
    System.gc();
    System.out.printf(
        Locale.ROOT,
        "  %,d tokens, wall %.1f s, CPU %.1f s, heap behind it %,d MB%n",
        tokens,
        (System.nanoTime() - wallBefore) / 1e9,
        cpuNs / 1e9,
        (runtime.totalMemory() - runtime.freeMemory()) >> 20);
    return (double) cpuNs / tokens;
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : new ArrayList<>(paths.sorted(Comparator.reverseOrder()).toList())) {
        Files.delete(path);
      }
    }
  }
}
