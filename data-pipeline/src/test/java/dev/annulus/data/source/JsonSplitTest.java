package dev.annulus.data.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.config.SourceSettings;
import dev.annulus.config.SourceSettings.Format;
import dev.annulus.data.document.Document;
import dev.annulus.data.document.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files cut anywhere give the documents, lines and order of whole ones. */
class JsonSplitTest {
  private static final Configuration CONF = new Configuration();

  @TempDir Path folder;

  private List<String> read(long splitBytes) throws IOException {
    SourceSettings settings = new SourceSettings(folder.toString(), Format.JSONL, "text");
    List<Source> sources = SourceListing.list(List.of(settings), "data.sources", CONF);
    List<FileSplit> splits =
        SplitPlan.numbered(
            SplitPlan.splits(sources, splitBytes),
            asked ->
                asked.stream().mapToLong(split -> SourceReader.countLines(split, CONF)).toArray());
    List<String> documents = new ArrayList<>();
    for (List<FileSplit> group : SplitPlan.grouped(splits, 100_000)) {
      for (FileSplit split : group) {
        try (SplitDocuments in = SplitDocuments.open(split, CONF)) {
          for (var next = in.next(); next != null; next = in.next()) {
            documents.add(
                switch (next.outcome()) {
                  case Outcome.Good<Document>(Document document) ->
                      document.place() + " " + next.line() + " " + document.content();
                  case Outcome.Bad<Document>(var problem, var endsFile) -> problem.toString();
                });
          }
        }
      }
    }
    return documents;
  }

  @Test
  void everyCutGivesTheSame() throws IOException {
    for (long seed = 0; seed < 6; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      for (int file = 0; file < 3; file++) {
        StringBuilder lines = new StringBuilder();
        for (int line = random.nextInt(12); line > 0; line--) {
          lines.append(
              switch (random.nextInt(4)) {
                case 0 -> "";
                case 1 -> "broken";
                default -> "{\"text\": \"" + "é".repeat(random.nextInt(30)) + "\"}";
              });
          lines.append(random.nextInt(3) == 0 ? "\r\n" : "\n");
        }
        if (random.nextBoolean()) {
          lines.append("{\"text\": \"no line feed\"}");
        }
        Files.writeString(folder.resolve("f" + file + ".jsonl"), lines);
      }
      List<String> whole = read(Long.MAX_VALUE);
      for (long splitBytes : new long[] {1, 2, 3, 5, 8, 13, 31, 64}) {
        assertThat(read(splitBytes)).as("seed %d split %d", seed, splitBytes).isEqualTo(whole);
      }
    }
  }
}
