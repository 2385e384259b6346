package dev.annulus.data.source;

import dev.annulus.config.SourceSettings;
import dev.annulus.data.document.Document;
import dev.annulus.data.document.Outcome;
import dev.annulus.data.document.ProblemList;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;

/** Reads sources on one machine: for held-out sets, which are small. */
public final class SourceReader {
  private SourceReader() {}

  /**
   * All documents in the order (source, file, line).
   *
   * @param key of the list in the configuration, for messages
   * @throws dev.annulus.config.InvalidInputException with the sources that have no file, or the
   *     documents that are wrong
   */
  public static List<Document> readAll(
      List<SourceSettings> settings, String key, Configuration conf) {
    List<Document> documents = new ArrayList<>();
    ProblemList problems = new ProblemList();
    List<Source> sources = SourceListing.list(settings, key, conf);
    for (FileSplit split : SplitPlan.splits(sources, Long.MAX_VALUE)) {
      try (SplitDocuments in = SplitDocuments.open(split, conf)) {
        for (var next = in.next(); next != null; next = in.next()) {
          switch (next.outcome()) {
            case Outcome.Good<Document>(Document document) -> documents.add(document);
            case Outcome.Bad<Document>(var problem, var endsFile) -> problems.add(problem);
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException("reading " + split.file().place(), e);
      }
    }
    problems.throwIfAny();
    return documents;
  }

  /**
   * Line feeds in a split of JSON lines, for {@link SplitPlan#numbered}.
   *
   * @throws UncheckedIOException if the file system fails
   */
  public static long countLines(FileSplit split, Configuration conf) {
    try {
      return JsonSplit.countLines(split, conf);
    } catch (IOException e) {
      throw new UncheckedIOException("counting the lines of " + split.file().place(), e);
    }
  }
}
