package dev.annulus.data.source;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdOutputStream;
import dev.annulus.config.SourceSettings;
import dev.annulus.config.SourceSettings.Format;
import dev.annulus.data.document.Document;
import dev.annulus.data.document.Outcome;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents larger than may be are named, and those around them are read; here 1 MB may be. */
class LargeDocumentTest {
  private static final Configuration CONF = new Configuration();
  private static final int MAX_BYTES = 1_000_000;
  private static final String LARGE = "x".repeat(2 * MAX_BYTES);

  @TempDir Path folder;

  private List<String> read(Format format, long splitBytes) throws IOException {
    SourceSettings settings = new SourceSettings(folder.toString(), format, "text");
    List<Source> sources = SourceListing.list(List.of(settings), "data.sources", CONF);
    List<FileSplit> splits =
        SplitPlan.numbered(
            SplitPlan.splits(sources, splitBytes),
            asked ->
                asked.stream().mapToLong(split -> SourceReader.countLines(split, CONF)).toArray());
    List<String> documents = new ArrayList<>();
    for (FileSplit split : splits) {
      try (SplitDocuments in = DocumentSize.open(split, CONF, MAX_BYTES)) {
        for (var next = in.next(); next != null; next = in.next()) {
          String read =
              switch (next.outcome()) {
                case Outcome.Good<Document>(Document document) ->
                    document.place() + "=" + ((Document.Text) document.content()).text().length();
                case Outcome.Bad<Document>(var problem, var endsFile) ->
                    endsFile + " " + problem.place() + ": " + problem.value();
              };
          documents.add(read.replace(folder + "/", ""));
        }
      }
    }
    return documents;
  }

  private static String line(String text) {
    return "{\"text\": \"" + text + "\"}\n";
  }

  private static String tooLarge(String place) {
    return "false " + place + ": a document of more than 1000000 bytes";
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MAX_VALUE, 1_500_000, 300_000})
  void aLargeLineIsNamedAndTheOthersAreRead(long splitBytes) throws IOException {
    Files.writeString(
        folder.resolve("a.jsonl"), line("one") + line(LARGE) + line("three") + line(LARGE));
    Files.writeString(folder.resolve("b.jsonl"), line(LARGE) + line("y".repeat(900_000)));
    assertThat(read(Format.JSONL, splitBytes))
        .containsExactly(
            "a.jsonl:1=3",
            tooLarge("a.jsonl:2"),
            "a.jsonl:3=5",
            tooLarge("a.jsonl:4"),
            tooLarge("b.jsonl:1"),
            "b.jsonl:2=900000");
  }

  @Test
  void aLargeFileOfTextIsNamedAndTheOthersAreRead() throws IOException {
    Files.writeString(folder.resolve("a.txt"), LARGE);
    Files.writeString(folder.resolve("b.txt"), "x".repeat(MAX_BYTES));
    Files.writeString(folder.resolve("c.txt"), "x".repeat(MAX_BYTES + 1));
    assertThat(read(Format.TEXT, Long.MAX_VALUE))
        .containsExactly(tooLarge("a.txt"), "b.txt=1000000", tooLarge("c.txt"));
  }

  /** A few bytes may hold any number of them. */
  @Test
  void whatIsCompressedIsMeasuredByWhatItHolds() throws IOException {
    try (OutputStream out =
        new ZstdOutputStream(Files.newOutputStream(folder.resolve("a.txt.zst")))) {
      out.write(LARGE.getBytes(StandardCharsets.UTF_8));
    }
    assertThat(Files.size(folder.resolve("a.txt.zst"))).isLessThan(10_000);
    assertThat(read(Format.TEXT, Long.MAX_VALUE)).containsExactly(tooLarge("a.txt.zst"));
    try (OutputStream out =
        new ZstdOutputStream(Files.newOutputStream(folder.resolve("a.txt.zst")))) {
      out.write((line(LARGE) + line("two")).getBytes(StandardCharsets.UTF_8));
    }
    assertThat(read(Format.JSONL, Long.MAX_VALUE))
        .containsExactly(tooLarge("a.txt.zst:1"), "a.txt.zst:2=3");
  }
}
