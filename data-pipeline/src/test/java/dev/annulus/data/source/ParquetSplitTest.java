package dev.annulus.data.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.SourceSettings;
import dev.annulus.config.SourceSettings.Format;
import dev.annulus.data.document.Document;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroupFactory;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParquetSplitTest {
  private static final Configuration CONF = new Configuration();
  private static final String TEXT =
      "message m { required int64 id; optional binary text (UTF8); }";
  private static final String IDS =
      "message m { optional group input_ids (LIST) { repeated group list { optional int64 element;"
          + " } } }";

  @TempDir Path folder;

  private Path file(String schema, int rows, BiConsumer<Integer, Group> fill) throws IOException {
    Path file = folder.resolve("docs.parquet");
    Files.deleteIfExists(file);
    MessageType type = MessageTypeParser.parseMessageType(schema);
    SimpleGroupFactory factory = new SimpleGroupFactory(type);
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new LocalOutputFile(file))
            .withType(type)
            .withRowGroupRowCountLimit(3)
            .build()) {
      for (int i = 0; i < rows; i++) {
        Group group = factory.newGroup();
        fill.accept(i, group);
        writer.write(group);
      }
    }
    return file;
  }

  private static void addIds(Group group, int... ids) {
    Group list = group.addGroup("input_ids");
    for (int id : ids) {
      list.addGroup("list").add("element", (long) id);
    }
  }

  private List<Document> read(String field) {
    return SourceReader.readAll(
        List.of(new SourceSettings(folder + "/docs.parquet", Format.PARQUET, field)),
        "data.sources",
        CONF);
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
  void readsAColumnOfText() throws IOException {
    file(TEXT, 8, (i, group) -> group.append("id", (long) i).append("text", "é" + i));
    List<Document> documents = read("text");
    assertThat(documents).hasSize(8);
    for (int i = 0; i < 8; i++) {
      assertThat(text(documents.get(i))).isEqualTo("é" + i);
      assertThat(documents.get(i).place()).endsWith("docs.parquet:" + (i + 1));
    }
  }

  @Test
  void readsAColumnOfIds() throws IOException {
    file(
        IDS,
        7,
        (i, group) -> addIds(group, i == 2 ? new int[0] : new int[] {i, Integer.MAX_VALUE, 0}));
    List<Document> documents = read("input_ids");
    assertThat(documents).hasSize(7);
    assertThat(ids(documents.get(1))).containsExactly(1, Integer.MAX_VALUE, 0);
    assertThat(ids(documents.get(2))).isEmpty();
    assertThat(ids(documents.get(6))).containsExactly(6, Integer.MAX_VALUE, 0);
  }

  @Test
  void olderFormsOfListsAreRead() throws IOException {
    file(
        "message m { repeated int32 input_ids; }",
        2,
        (i, group) -> group.append("input_ids", 5 + i).append("input_ids", 6));
    assertThat(ids(read("input_ids").get(1))).containsExactly(6, 6);
  }

  @Test
  void everyCutGivesTheSame() throws IOException {
    Path file = file(TEXT, 40, (i, group) -> group.append("id", (long) i).append("text", "t" + i));
    List<Source> sources =
        SourceListing.list(
            List.of(new SourceSettings(file.toString(), Format.PARQUET, "text")), "s", CONF);
    for (long splitBytes : new long[] {50, 100, 333, 1000, 5000}) {
      List<String> texts = new ArrayList<>();
      for (FileSplit split : SplitPlan.splits(sources, splitBytes)) {
        try (SplitDocuments in = SplitDocuments.open(split, CONF)) {
          for (var next = in.next(); next != null; next = in.next()) {
            texts.add(next.line() + " " + next.outcome());
          }
        }
      }
      assertThat(texts).as("split %d", splitBytes).hasSize(40);
      for (int i = 0; i < 40; i++) {
        assertThat(texts.get(i)).startsWith((i + 1) + " ").contains("text=t" + i + "]");
      }
    }
  }

  @Test
  void namesNullsAndNumbersThatAreTooLarge() throws IOException {
    file(TEXT, 2, (i, group) -> group.append("id", (long) i));
    assertThatThrownBy(() -> read("text"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("docs.parquet:1: 'text' is null")
        .hasMessageContaining("docs.parquet:2: ");
    file(
        IDS,
        4,
        (i, group) -> {
          if (i == 1) {
            group.addGroup("input_ids").addGroup("list");
          } else if (i == 2) {
            addIds(group, 1);
            group.getGroup("input_ids", 0).addGroup("list").add("element", 1L << 40);
          } else if (i == 3) {
            addIds(group, 7);
          }
        });
    assertThatThrownBy(() -> read("input_ids"))
        .isInstanceOfSatisfying(
            InvalidInputException.class,
            e -> {
              assertThat(e.problems()).hasSize(3);
              assertThat(e.problems().get(0).value()).contains("null for a list");
              assertThat(e.problems().get(1).value()).contains("null at position 0");
              assertThat(e.problems().get(2).value()).contains("1099511627776 at position 1");
            });
  }

  @Test
  void namesColumnsThatDoNotFit() throws IOException {
    file(TEXT, 1, (i, group) -> group.append("id", 1L));
    for (String field : List.of("body", "id", "input_ids")) {
      assertThatThrownBy(() -> read(field))
          .as(field)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("docs.parquet: ")
          .hasMessageContaining("a column '" + field + "'");
    }
  }

  @Test
  void namesAFileThatIsDamaged() throws IOException {
    Path file = file(TEXT, 8, (i, group) -> group.append("id", (long) i).append("text", "é" + i));
    byte[] whole = Files.readAllBytes(file);
    for (int length : new int[] {1, 20, whole.length / 2, whole.length - 1}) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> read("text"))
          .as("%d of %d bytes", length, whole.length)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("docs.parquet: damaged or unreadable");
    }
  }
}
