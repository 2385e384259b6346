package dev.annulus.data.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.InvalidInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DocumentReaderTest {
  @TempDir Path folder;

  private List<Document> read(String contents) throws IOException {
    return read(contents.getBytes(StandardCharsets.UTF_8));
  }

  private List<Document> read(byte[] contents) throws IOException {
    Path file = folder.resolve("docs.jsonl");
    Files.write(file, contents);
    return DocumentReader.readJsonLines(file);
  }

  private static String text(Document document) {
    return document.content() instanceof Document.Text(String text) ? text : "not text";
  }

  private static int[] ids(Document document) {
    return document.content() instanceof Document.Ids(int[] ids, int[] modalities)
        ? ids
        : new int[] {-99};
  }

  @Test
  void readsTextAndIdsInOrderWithTheirLines() throws IOException {
    List<Document> documents =
        read(
            """
            \ufeff{"text": "a\\n\\u00e9\\ud83d\\ude00", "id": {"x": [1, 2]}}\r

            \s\s
            {"meta": null, "input_ids": [5, 6, 2147483647]}
            {"text": "ignored", "input_ids": []}
            {"input_ids": [1], "text": 7}
            {"text": ""}\
            """);
    assertThat(documents).hasSize(5);
    assertThat(text(documents.get(0))).isEqualTo("a\né😀");
    assertThat(ids(documents.get(1))).containsExactly(5, 6, 2147483647);
    assertThat(ids(documents.get(2))).isEmpty();
    assertThat(ids(documents.get(3))).containsExactly(1);
    assertThat(text(documents.get(4))).isEmpty();
    assertThat(documents.stream().map(d -> d.place().replaceAll(".*:", "")))
        .containsExactly("1", "4", "5", "6", "7");
  }

  @Test
  void longLinesAreRead() throws IOException {
    String text = "x".repeat(21_000_000);
    assertThat(text(read("{\"text\": \"" + text + "\"}").getFirst())).hasSize(21_000_000);
  }

  @Test
  void namesEveryLineThatIsWrong() {
    assertThatThrownBy(
            () ->
                read(
                    """
                    {"text": "fine"}
                    {"text":
                    [1]
                    {"title": "x"}
                    {"text": 3}
                    {"input_ids": "1 2"}
                    {"input_ids": [1, 2.5]}
                    {"input_ids": [3000000000]}
                    {"text": "a"} {"text": "b"}
                    {"text": "\\ud800"}
                    {"text": "fine"}
                    """))
        .isInstanceOfSatisfying(
            InvalidInputException.class,
            e -> {
              assertThat(e.problems()).hasSize(9);
              for (int i = 0; i < 9; i++) {
                assertThat(e.problems().get(i).place()).endsWith("docs.jsonl:" + (i + 2));
              }
              assertThat(e.problems().get(0).value()).startsWith("broken JSON at column");
              assertThat(e.problems().get(1).value()).contains("not an object");
              assertThat(e.problems().get(2).value()).contains("without 'text' or 'input_ids'");
              assertThat(e.problems().get(3).value()).isEqualTo("'text' is the number 3");
              assertThat(e.problems().get(4).value()).isEqualTo("'input_ids' is a string");
              assertThat(e.problems().get(5).value()).contains("2.5 at position 1");
              assertThat(e.problems().get(6).value()).contains("3000000000 at position 0");
              assertThat(e.problems().get(7).value()).contains("behind the JSON object");
              assertThat(e.problems().get(8).value()).contains("lone surrogate \\ud800");
            });
  }

  @Test
  void showsTwentyProblemsAndCountsTheRest() {
    assertThatThrownBy(() -> read("nonsense\n".repeat(123)))
        .isInstanceOfSatisfying(
            InvalidInputException.class,
            e -> {
              assertThat(e.problems()).hasSize(21);
              assertThat(e.problems().getLast().toString()).contains("103 more problems");
            });
  }

  @Test
  void namesTheByteThatIsNotUtf8() {
    byte[] line = "{\"text\": \"ab\u00ff\"}".getBytes(StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> read(line))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("docs.jsonl:1")
        .hasMessageContaining("0xff")
        .hasMessageContaining("at byte 12");
  }

  @Test
  void namesFilesThatAreMissingOrEmpty() throws IOException {
    assertThatThrownBy(() -> DocumentReader.readJsonLines(folder.resolve("gone.jsonl")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("gone.jsonl: no such file");
    assertThatThrownBy(() -> DocumentReader.readJsonLines(folder))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("not a file");
    assertThatThrownBy(() -> read("\n"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("no documents");
  }
}
