package dev.annulus.data.statistics;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.annulus.config.Problem;
import dev.annulus.data.pack.PackingReport;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/**
 * A corpus, and what packing made of it. Lengths and duplicates are of the documents that may be
 * packed: neither bad nor held out.
 *
 * @param sources one by one
 * @param documents that may be packed
 * @param tokens theirs
 * @param lengths percentiles of their lengths, by name
 * @param histogram lengths by powers of two
 * @param exactDuplicates documents whose contents an earlier one has
 * @param nearDuplicates documents that are like an earlier one: at least {@link #NEAR} of the runs
 *     of tokens in either are in both, as estimated by {@link MinHash}; exact duplicates too
 * @param packed what was packed, by folder
 * @param badDocuments the first that could not be read
 */
public record CorpusStatistics(
    List<SourceStatistics> sources,
    long documents,
    long tokens,
    Map<String, Long> lengths,
    List<LengthHistogram.Bar> histogram,
    Repeated exactDuplicates,
    Repeated nearDuplicates,
    List<PackedStatistics> packed,
    List<Problem> badDocuments) {
  /** Likeness from which on documents count as near-duplicates. */
  public static final double NEAR = 0.8;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  /**
   * A source.
   *
   * @param documents that may be packed
   * @param tokens theirs
   * @param badDocuments that could not be read
   * @param heldOutDocuments kept out
   * @param heldOutTokens theirs
   */
  public record SourceStatistics(
      String path,
      long documents,
      long tokens,
      long badDocuments,
      long heldOutDocuments,
      long heldOutTokens) {}

  /**
   * Documents that are there already.
   *
   * @param documents how many
   * @param tokens theirs
   */
  public record Repeated(long documents, long tokens) {}

  /**
   * Rows of a length.
   *
   * @param folder where they stand
   * @param longerDocuments documents longer than a row
   * @param longerTokens their tokens
   * @param timesThrough how often each source is gone through
   * @param forecast how full rows should be, from a sample of the lengths
   * @param report what came of it
   */
  public record PackedStatistics(
      String folder,
      long longerDocuments,
      long longerTokens,
      double[] timesThrough,
      double forecast,
      PackingReport report) {}

  /** As JSON, in UTF-8. */
  public byte[] toJson() {
    try {
      return JSON.writeValueAsBytes(this);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
