package dev.annulus.data.spark;

import dev.annulus.config.InvalidInputException;
import dev.annulus.data.pack.Packer;
import dev.annulus.data.pack.PackingReport;
import dev.annulus.data.parquet.PackedFolderWriter;
import dev.annulus.data.parquet.PackedIdentity;
import dev.annulus.data.parquet.PackedManifest;
import dev.annulus.data.source.Source;
import dev.annulus.data.source.SourceListing;
import java.io.FileNotFoundException;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/** Sources to packed rows in a folder, unless the rows that are there are the ones wanted. */
public final class PrepareJob {
  private PrepareJob() {}

  /**
   * Prepares the rows of one stage. They are written aside and put in place when they are whole; a
   * failure leaves what was there before.
   *
   * @throws InvalidInputException with the sources that have no file, or the first documents that
   *     are wrong and the number of others
   */
  public static Prepared run(SparkSession spark, PrepareRequest request) {
    request.checkTokenizer();
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    List<Source> sources = SourceListing.list(request.data().sources(), "data.sources", conf);
    PackedIdentity wanted = request.identity(sources);
    Existing existing = existing(request.folder(), wanted, conf);
    if (existing.fitting().isPresent()) {
      return new Prepared(request.folder(), existing.fitting().get(), true, existing.reason());
    }
    PackedManifest manifest;
    try (TokenizedSources documents = new TokenizedSources(spark, request, sources)) {
      manifest = write(documents, request, wanted, conf);
    }
    return new Prepared(request.folder(), manifest, false, existing.reason());
  }

  private static PackedManifest write(
      TokenizedSources documents,
      PrepareRequest request,
      PackedIdentity identity,
      Configuration conf) {
    documents.check();
    try (PackedFolderWriter writer =
        new PackedFolderWriter(request.folder(), request.sequenceLength(), conf)) {
      PackingReport report =
          Packer.pack(documents.inPackingOrder(), request.packing(), writer::write);
      if (report.rows() == 0) {
        throw new InvalidInputException(
            "data.sources",
            "no tokens to learn from: " + report.summary(),
            "at least one document that is not empty");
      }
      return writer.commit(identity, report);
    }
  }

  /** What is in the folder already, and why it fits or does not. */
  private record Existing(Optional<PackedManifest> fitting, String reason) {}

  private static Existing existing(String folder, PackedIdentity wanted, Configuration conf) {
    PackedManifest manifest;
    try {
      manifest = PackedManifest.read(folder, conf);
    } catch (InvalidInputException e) {
      // Missing, or the rest of an older version: made anew in either case.
      return new Existing(
          Optional.empty(),
          e.getCause() instanceof FileNotFoundException
              ? "not packed before"
              : "made anew: " + e.getMessage());
    }
    Optional<String> stale =
        manifest.staleness(wanted).or(() -> manifest.missingPart(folder, conf));
    return stale.isPresent()
        ? new Existing(Optional.empty(), "made anew: " + stale.get())
        : new Existing(Optional.of(manifest), "reused: sources and settings are unchanged");
  }
}
