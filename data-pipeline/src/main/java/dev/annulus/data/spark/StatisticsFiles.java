package dev.annulus.data.spark;

import dev.annulus.config.Problem;
import dev.annulus.data.pack.PackingForecast;
import dev.annulus.data.pack.PackingReport;
import dev.annulus.data.pack.PackingSettings;
import dev.annulus.data.source.Source;
import dev.annulus.data.statistics.CorpusStatistics;
import dev.annulus.data.statistics.CorpusStatistics.PackedStatistics;
import dev.annulus.data.statistics.CorpusStatistics.SourceStatistics;
import dev.annulus.data.statistics.LengthHistogram;
import dev.annulus.data.statistics.StatisticsPage;
import dev.annulus.data.statistics.StatisticsText;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/** {@code statistics.json}, {@code .txt} and {@code .html} beside the packed folders. */
final class StatisticsFiles {
  private static final Map<String, Double> PERCENTILES = percentiles();

  private StatisticsFiles() {}

  /** Measures what was tokenised, and writes it with what was packed. */
  static void write(
      SparkSession spark,
      TokenizedSources documents,
      List<PrepareRequest> requests,
      List<Source> sources,
      List<Prepared> prepared,
      TaskCounter counter) {
    PrepareRequest first = requests.getFirst();
    if (!first.data().statistics()) {
      return;
    }
    counter.phase("statistics");
    List<Integer> rows = requests.stream().map(PrepareRequest::sequenceLength).toList();
    LengthSummary lengths = LengthSummary.of(documents.usable(), rows, first.seed());
    List<PackedStatistics> packed = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      packed.add(packed(requests.get(i), documents.counts(), lengths, i, prepared.get(i)));
    }
    boolean anyBad = documents.counts().total().bad() > 0;
    CorpusStatistics statistics =
        new CorpusStatistics(
            sources(sources, documents.counts()),
            lengths.histogram().documents(),
            lengths.histogram().tokens(),
            lengths(lengths.histogram()),
            lengths.histogram().byOctave(),
            Duplicates.exact(documents.usable()),
            Duplicates.near(documents.usable()),
            packed,
            anyBad ? documents.firstProblems() : List.<Problem>of());
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    String folder = first.data().packedDir();
    write(folder, "statistics.json", statistics.toJson(), conf);
    write(folder, "statistics.txt", bytes(StatisticsText.of(statistics)), conf);
    write(folder, "statistics.html", bytes(StatisticsPage.of(statistics)), conf);
  }

  private static PackedStatistics packed(
      PrepareRequest request,
      SourceCounts counts,
      LengthSummary lengths,
      int index,
      Prepared prepared) {
    PackingReport report = prepared.manifest().report();
    PackingSettings settings = request.packing();
    return new PackedStatistics(
        prepared.folder(),
        lengths.longerDocuments()[index],
        lengths.longerTokens()[index],
        request.mixture(counts).times(),
        PackingForecast.efficiency(
            lengths.sample().lengths(), lengths.sample().isWhole(), settings),
        report);
  }

  private static List<SourceStatistics> sources(List<Source> sources, SourceCounts counts) {
    List<SourceStatistics> statistics = new ArrayList<>();
    for (int s = 0; s < sources.size(); s++) {
      SourceCounts.Counts of = counts.of(s);
      statistics.add(
          new SourceStatistics(
              sources.get(s).settings().path(),
              of.usable(),
              of.tokens(),
              of.bad(),
              of.heldOut(),
              of.heldOutTokens()));
    }
    return statistics;
  }

  private static Map<String, Long> lengths(LengthHistogram histogram) {
    Map<String, Long> lengths = new LinkedHashMap<>();
    PERCENTILES.forEach((name, share) -> lengths.put(name, histogram.percentile(share)));
    long documents = histogram.documents();
    lengths.put("mean", documents == 0 ? 0 : histogram.tokens() / documents);
    lengths.put("longest", (long) histogram.largest());
    return lengths;
  }

  private static Map<String, Double> percentiles() {
    Map<String, Double> percentiles = new LinkedHashMap<>();
    for (int percent : new int[] {1, 5, 25, 50, 75, 95, 99}) {
      percentiles.put(percent + " %", percent / 100.0);
    }
    return percentiles;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Beside the rows, which do not depend on it: a half of it is written anew with the next. */
  private static void write(String folder, String name, byte[] bytes, Configuration conf) {
    Path path = new Path(folder, name);
    try {
      FileSystem fileSystem = path.getFileSystem(conf);
      try (OutputStream out = fileSystem.create(path, true)) {
        out.write(bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing " + path, e);
    }
  }
}
