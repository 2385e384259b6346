package dev.annulus.data.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import dev.annulus.config.InvalidInputException;
import dev.annulus.config.SourceSettings;
import dev.annulus.config.SourceSettings.Format;
import dev.annulus.data.document.Document;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SourceReaderTest {
  private static final Configuration CONF = new Configuration();

  @TempDir Path folder;

  private void write(String name, String contents) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, contents);
  }

  private SourceSettings source(String path, Format format) {
    return new SourceSettings(folder + "/" + path, format, "text");
  }

  private List<String> read(SourceSettings... sources) {
    return SourceReader.readAll(List.of(sources), "data.sources", CONF).stream()
        .map(
            document ->
                document.place().substring(folder.toString().length() + 1)
                    + "="
                    + switch (document.content()) {
                      case Document.Text(String text) -> text;
                      case Document.Ids(int[] ids, int[] modalities) -> Arrays.toString(ids);
                      case Document.Exchange exchange -> exchange.toString();
                      case Document.Chat chat -> chat.toString();
                    })
        .toList();
  }

  @Test
  void textIsADocumentAFileInTheOrderOfPaths() throws IOException {
    write("b/two.txt", "two\nlines");
    write("b/.hidden", "no");
    write("b/_temporary/x", "no");
    write("a.txt", "one é");
    write("b/deep/er/three", "");
    assertThat(read(source("", Format.TEXT)))
        .containsExactly("a.txt=one é", "b/deep/er/three=", "b/two.txt=two\nlines");
    assertThat(read(source("b/*.txt", Format.TEXT), source("a.txt", Format.TEXT)))
        .containsExactly("b/two.txt=two\nlines", "a.txt=one é");
    assertThat(read(source("{a.txt,b}", Format.TEXT))).hasSize(3);
  }

  @Test
  void aFileWithTheCharactersOfAGlobIsThatFile() throws IOException {
    write("[a] x?.txt", "named so");
    assertThat(read(source("[a] x?.txt", Format.TEXT))).containsExactly("[a] x?.txt=named so");
  }

  @Test
  void jsonLinesKnowTheirLines() throws IOException {
    write("a.jsonl", "\ufeff{\"text\": \"one\"}\n\n{\"text\": \"two\"}");
    write("b.jsonl", "{\"text\": \"three\", \"x\": 1}\r\n");
    assertThat(read(source("*.jsonl", Format.JSONL)))
        .containsExactly("a.jsonl:1=one", "a.jsonl:3=two", "b.jsonl:1=three");
    write("ids.jsonl", "{\"input_ids\": [3, 4]}");
    assertThat(read(new SourceSettings(folder + "/ids.jsonl", Format.JSONL, "input_ids")))
        .containsExactly("ids.jsonl:1=[3, 4]");
    write("body.jsonl", "{\"body\": \"words\", \"text\": 3}");
    assertThat(read(new SourceSettings(folder + "/body.jsonl", Format.JSONL, "body")))
        .containsExactly("body.jsonl:1=words");
  }

  @Test
  void namesEverySourceWithoutFiles() throws IOException {
    Files.createDirectories(folder.resolve("empty"));
    write("there.txt", "x");
    assertThatThrownBy(
            () ->
                read(
                    source("none/*.txt", Format.TEXT),
                    source("there.txt", Format.TEXT),
                    source("gone.txt", Format.TEXT),
                    source("empty", Format.JSONL)))
        .isInstanceOfSatisfying(
            InvalidInputException.class,
            e ->
                assertThat(e.problems())
                    .extracting(problem -> problem.place())
                    .containsExactly(
                        "data.sources.0.path", "data.sources.2.path", "data.sources.3.path"));
  }

  @Test
  void namesTheBytesThatAreNotUtf8() throws IOException {
    Files.write(folder.resolve("bad.txt"), new byte[] {'a', 'b', (byte) 0xc3, 'd'});
    write("good.txt", "fine");
    assertThatThrownBy(() -> read(source("*.txt", Format.TEXT)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("bad.txt: byte 0xc3 is not UTF-8 at byte 2");
  }

  @Test
  void namesLinesThatAreWrong() throws IOException {
    write("a.jsonl", "{\"text\": \"one\"}\n{\"text\": \n{\"title\": \"x\"}\n");
    assertThatThrownBy(() -> read(source("a.jsonl", Format.JSONL)))
        .isInstanceOfSatisfying(
            InvalidInputException.class,
            e -> {
              assertThat(e.problems()).hasSize(2);
              assertThat(e.problems().get(0).toString()).contains("a.jsonl:2: broken JSON");
              assertThat(e.problems().get(1).toString()).contains("a.jsonl:3: an object without");
            });
  }

  @Test
  void fingerprintsChangeWithTheFiles() throws IOException {
    write("a.txt", "one");
    SourceSettings settings = source("*.txt", Format.TEXT);
    SourceFingerprint before = fingerprint(settings);
    assertThat(fingerprint(settings)).isEqualTo(before);
    assertThat(before.files()).isEqualTo(1);
    assertThat(before.bytes()).isEqualTo(3);
    Files.setLastModifiedTime(folder.resolve("a.txt"), FileTime.fromMillis(1_000_000));
    SourceFingerprint touched = fingerprint(settings);
    assertThat(touched.sha256()).isNotEqualTo(before.sha256());
    write("b.txt", "");
    assertThat(fingerprint(settings).sha256()).isNotEqualTo(touched.sha256());
  }

  private static SourceFingerprint fingerprint(SourceSettings settings) {
    return SourceListing.list(List.of(settings), "data.sources", CONF).getFirst().fingerprint();
  }

  private byte[] compressed(String kind, String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out =
        kind.equals("gz") ? new GZIPOutputStream(bytes) : new ZstdOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gz", "zst"})
  void whatIsCompressedIsReadAsWhatItHolds(String kind) throws IOException {
    Files.write(
        folder.resolve("a.jsonl." + kind),
        compressed(kind, "{\"text\": \"one\"}\n\n{\"text\": \"two\"}\n"));
    Files.write(folder.resolve("b.txt." + kind), compressed(kind, "whole"));
    assertThat(read(source("a.jsonl." + kind, Format.JSONL)))
        .containsExactly("a.jsonl." + kind + ":1=one", "a.jsonl." + kind + ":3=two");
    assertThat(read(source("b.txt." + kind, Format.TEXT)))
        .containsExactly("b.txt." + kind + "=whole");
  }

  /** Where the rest of a file is lost, nobody knows how many documents are. */
  @ParameterizedTest
  @ValueSource(strings = {"gz", "zst"})
  void aCompressedFileThatIsCutOffIsNamed(String kind) throws IOException {
    StringBuilder lines = new StringBuilder();
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 2000; i++) {
      lines.append("{\"text\": \"").append(random.nextLong()).append("\"}\n");
    }
    byte[] whole = compressed(kind, lines.toString());
    for (int length : new int[] {3, whole.length / 2, whole.length - 1}) {
      Files.write(folder.resolve("a.jsonl." + kind), Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> read(source("a.jsonl." + kind, Format.JSONL)))
          .as("%d of %d bytes", length, whole.length)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("a.jsonl." + kind + ": damaged or cut off");
      Files.write(folder.resolve("a.txt." + kind), Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> read(source("a.txt." + kind, Format.TEXT)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("a.txt." + kind + ": damaged or cut off");
    }
  }

  @Test
  void promptsAnswersAndTurns() throws IOException {
    Files.writeString(
        folder.resolve("a.jsonl"),
        """
        {"q": "why", "a": "so", "m": [{"role": "user", "content": "hi"}]}
        {"q": "why", "m": "hi"}
        {"q": 3, "a": "so", "m": [{"content": "hi"}]}
        """);
    SourceSettings pairs =
        new SourceSettings(
            folder + "/a.jsonl",
            Format.JSONL,
            new SourceSettings.PromptAnswer("q", "a"),
            OptionalDouble.empty(),
            1);
    assertThatThrownBy(() -> read(pairs))
        .isInstanceOfSatisfying(
            InvalidInputException.class,
            e ->
                assertThat(e.problems().stream().map(p -> p.value()))
                    .containsExactly("an object without 'a'", "'q' is the number 3"));
    SourceSettings turns =
        new SourceSettings(
            folder + "/a.jsonl",
            Format.JSONL,
            new SourceSettings.Messages("m"),
            OptionalDouble.empty(),
            1);
    assertThatThrownBy(() -> read(turns))
        .isInstanceOfSatisfying(
            InvalidInputException.class,
            e ->
                assertThat(e.problems().stream().map(p -> p.value()))
                    .containsExactly("'m' is a string", "turn 0 of 'm' has no role"));
    Files.writeString(folder.resolve("b.jsonl"), "{\"q\": \"why\", \"a\": \"so\"}\n");
    SourceSettings right =
        new SourceSettings(
            folder + "/b.jsonl",
            Format.JSONL,
            new SourceSettings.PromptAnswer("q", "a"),
            OptionalDouble.empty(),
            1);
    assertThat(read(right)).containsExactly("b.jsonl:1=Exchange[prompt=why, answer=so]");
  }
}
