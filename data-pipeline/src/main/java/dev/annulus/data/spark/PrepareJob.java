package dev.annulus.data.spark;

import dev.annulus.config.DataSettings.LongDocuments;
import dev.annulus.config.DataSettings.ModalityLoss;
import dev.annulus.config.InvalidInputException;
import dev.annulus.data.pack.LossReason;
import dev.annulus.data.pack.ModalityFactors;
import dev.annulus.data.pack.PackedCounts;
import dev.annulus.data.pack.PackingReport;
import dev.annulus.data.parquet.PackedFolder;
import dev.annulus.data.parquet.PackedIdentity;
import dev.annulus.data.parquet.PackedManifest;
import dev.annulus.data.source.Source;
import dev.annulus.data.source.SourceListing;
import java.io.FileNotFoundException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;

/** Sources to packed rows in folders, unless the rows that are there are the ones wanted. */
public final class PrepareJob {
  private PrepareJob() {}

  /** Prepares the rows of one stage, and tells nobody how far it is. */
  public static Prepared run(SparkSession spark, PrepareRequest request) {
    return run(spark, List.of(request), PrepareProgress.SILENT).getFirst();
  }

  /**
   * Prepares the rows of some stages over the same sources. What is there and fits is left alone;
   * if anything is not, the sources are tokenised once, for all that is missing. Rows are written
   * aside and put in place when they are whole; a failure leaves what was there before.
   *
   * @param requests alike in data, tokeniser, vocabulary and seed
   * @throws InvalidInputException with the sources that have no file, or the first documents that
   *     are wrong and the number of others
   */
  public static List<Prepared> run(
      SparkSession spark, List<PrepareRequest> requests, PrepareProgress progress) {
    PrepareRequest first = requests.getFirst();
    first.checkTokenizer();
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    List<Source> sources = SourceListing.list(first.data().sources(), "data.sources", conf);
    List<Existing> existing = new ArrayList<>();
    for (PrepareRequest request : requests) {
      existing.add(existing(request, request.identity(sources), conf));
    }
    boolean allFit = existing.stream().allMatch(one -> one.fitting().isPresent());
    List<Prepared> prepared = new ArrayList<>();
    if (allFit) {
      for (int i = 0; i < requests.size(); i++) {
        prepared.add(existing.get(i).prepared(requests.get(i)));
      }
      return prepared;
    }
    try (TaskCounter counter = new TaskCounter(spark.sparkContext(), progress)) {
      counter.phase("reading and tokenising");
      try (TokenizedSources documents = new TokenizedSources(spark, first, sources)) {
        documents.check(first.data().maxBadShare());
        for (int i = 0; i < requests.size(); i++) {
          PrepareRequest request = requests.get(i);
          prepared.add(
              existing.get(i).fitting().isPresent()
                  ? existing.get(i).prepared(request)
                  : new Prepared(
                      request.folder(),
                      pack(spark, documents, request, request.identity(sources), counter),
                      false,
                      existing.get(i).reason()));
        }
        HeldOutFile.write(documents, first, conf);
        StatisticsFiles.write(spark, documents, requests, sources, prepared, counter);
      }
    }
    return prepared;
  }

  /**
   * What is there already of the rows of some stages; reads no document and writes nothing.
   *
   * @param requests alike in data, tokeniser, vocabulary and seed
   * @param conf of the file systems that the rows and sources lie on
   * @return one a request: the rows, where they are those that are wanted
   * @throws InvalidInputException with the sources that have no file, or if a tokeniser or a chat
   *     template is missing
   */
  public static List<Optional<PackedManifest>> look(
      List<PrepareRequest> requests, Configuration conf) {
    PrepareRequest first = requests.getFirst();
    first.checkTokenizer();
    List<Source> sources = SourceListing.list(first.data().sources(), "data.sources", conf);
    return requests.stream()
        .map(request -> existing(request, request.identity(sources), conf).fitting())
        .toList();
  }

  private static PackedManifest pack(
      SparkSession spark,
      TokenizedSources documents,
      PrepareRequest request,
      PackedIdentity identity,
      TaskCounter counter) {
    counter.phase("measuring for rows of " + request.sequenceLength());
    if (request.data().longDocuments() == LongDocuments.RAISE) {
      documents.requireShort(request.sequenceLength());
    }
    boolean shares =
        request.data().modalityLoss() == ModalityLoss.SHARE
            && !request.data().modalities().isEmpty();
    Drawing drawing =
        new Drawing(
            request.mixture(documents.counts()),
            request.packing(),
            request.seed(),
            request.data().shuffle());
    Selection selection = drawing.select(documents.usable(), shares);
    leaveOut(selection, documents.counts().total());
    if (selection.counts().packedTokens() == 0) {
      throw new InvalidInputException(
          "data.sources",
          "no tokens to learn from: "
              + selection.counts().report(request.sequenceLength(), PackedCounts.NONE).summary(),
          "at least one document that is not empty");
    }
    int windows = request.packing().windowsFor(selection.counts().packedTokens());
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    try (PackedFolder folder = PackedFolder.begin(request.folder(), conf)) {
      PackingPasses passes =
          new PackingPasses(
              drawing,
              shares
                  ? ModalityFactors.shares(request.data().modalities(), selection.weights())
                  : ModalityFactors.fixed(request.data().modalities()),
              request.hasModalities(),
              folder.aside(),
              request.sizes().maxPartitions(),
              TokenBytes.of(request.vocabularySize()),
              new SerializableConfiguration(new Configuration(conf)));
      PackingPasses.Result result =
          passes.run(
              documents.usable(),
              request.data().shuffle()
                  ? Windows.shuffled(windows)
                  : Windows.inOrder(windows, selection.blocks()),
              () -> counter.phase("packing rows of " + request.sequenceLength()));
      PackingReport report = selection.counts().report(request.sequenceLength(), result.counts());
      return folder.commit(identity, report, result.parts());
    }
  }

  private static void leaveOut(Selection selection, SourceCounts.Counts total) {
    selection.counts().leaveOut(LossReason.BAD, total.bad(), 0);
    selection.counts().leaveOut(LossReason.HELD_OUT, total.heldOut(), total.heldOutTokens());
  }

  /** What is in the folder already, and why it fits or does not. */
  private record Existing(Optional<PackedManifest> fitting, String reason) {
    Prepared prepared(PrepareRequest request) {
      return new Prepared(request.folder(), fitting.orElseThrow(), true, reason);
    }
  }

  private static Existing existing(
      PrepareRequest request, PackedIdentity wanted, Configuration conf) {
    PackedManifest manifest;
    try {
      manifest = PackedManifest.read(request.folder(), conf);
    } catch (InvalidInputException e) {
      // Missing, or the rest of an older version: made anew in either case.
      return new Existing(
          Optional.empty(),
          e.getCause() instanceof FileNotFoundException
              ? "not packed before"
              : "made anew: " + e.getMessage());
    }
    Optional<String> stale =
        manifest
            .staleness(wanted)
            .or(() -> manifest.missingPart(request.folder(), conf))
            .or(() -> HeldOutFile.missing(request, conf));
    return stale.isPresent()
        ? new Existing(Optional.empty(), "made anew: " + stale.get())
        : new Existing(Optional.of(manifest), "reused: sources and settings are unchanged");
  }
}
