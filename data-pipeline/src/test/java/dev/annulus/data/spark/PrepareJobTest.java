package dev.annulus.data.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.DataSettings;
import dev.annulus.config.DataSettings.LongDocuments;
import dev.annulus.config.DataSettings.LossNormalization;
import dev.annulus.config.InvalidInputException;
import dev.annulus.config.SourceSettings;
import dev.annulus.config.SourceSettings.Format;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.data.parquet.ParquetPackedRows;
import dev.annulus.data.tokenizer.ByteTokenizer;
import dev.annulus.data.tokenizer.TokenizerSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrepareJobTest {
  private static SparkSession spark;
  @TempDir private static Path warehouse;

  @TempDir Path folder;

  @BeforeAll
  static void start() {
    spark =
        SparkSession.builder()
            .master("local[2]")
            .appName("prepare-job-test")
            .config("spark.ui.enabled", false)
            .config("spark.sql.shuffle.partitions", 2)
            // The jobs are small: compiling code for them would take longer than they do.
            .config("spark.sql.codegen.wholeStage", false)
            .config("spark.sql.warehouse.dir", warehouse.toString())
            .getOrCreate();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  private void write(String name, String contents) throws IOException {
    Path file = folder.resolve("in").resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, contents);
  }

  private SourceSettings source(String path, Format format, String field) {
    return new SourceSettings(folder + "/in/" + path, format, field);
  }

  private DataSettings data(boolean shuffle, SourceSettings... sources) {
    return new DataSettings(
        List.of(sources),
        folder + "/packed",
        true,
        true,
        LongDocuments.SPLIT,
        LossNormalization.TOKEN,
        shuffle);
  }

  private static PrepareRequest request(DataSettings data, int sequenceLength, long seed) {
    return new PrepareRequest(
        data,
        Optional.of(new TokenizerSpec.Bytes()),
        ByteTokenizer.VOCABULARY_SIZE,
        sequenceLength,
        seed);
  }

  /** The documents in the rows, as text with BOS and EOS written out, in the order of the rows. */
  private static List<String> documents(Prepared prepared) {
    List<String> documents = new ArrayList<>();
    try (ParquetPackedRows rows = ParquetPackedRows.open(prepared.folder())) {
      for (int r = 0; r < rows.size(); r++) {
        PackedRow row = rows.row(r);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < row.length(); i++) {
          if (row.segmentIds()[i] != 0) {
            int id = row.inputIds()[i];
            text.append(id == 256 ? "<" : id == 257 ? ">" : String.valueOf((char) id));
          }
          boolean ends = i + 1 == row.length() || row.segmentIds()[i + 1] != row.segmentIds()[i];
          if (ends && !text.isEmpty()) {
            documents.add(text.toString());
            text.setLength(0);
          }
        }
      }
    }
    return documents;
  }

  @Test
  void packsEverySourceWithBosAndEosAroundText() throws IOException {
    write("b.txt", "second");
    write("a.txt", "first");
    write("empty.txt", "");
    write("c.jsonl", "{\"text\": \"third\"}\n{\"text\": \"fourth\"}\n");
    write("ids.jsonl", "{\"input_ids\": [65, 66, 67]}\n");
    Prepared prepared =
        PrepareJob.run(
            spark,
            request(
                data(
                    false,
                    source("*.txt", Format.TEXT, "text"),
                    source("c.jsonl", Format.JSONL, "text"),
                    source("ids.jsonl", Format.JSONL, "input_ids")),
                32,
                1));
    assertThat(prepared.reused()).isFalse();
    assertThat(prepared.reason()).isEqualTo("not packed before");
    assertThat(documents(prepared))
        .containsExactlyInAnyOrder("<first>", "<second>", "<third>", "<fourth>", "ABC");
    assertThat(prepared.manifest().report().documents()).isEqualTo(6);
    assertThat(prepared.manifest().report().summary()).contains("empty: 1 documents");
    assertThat(prepared.manifest().identity().tokenizer())
        .isEqualTo(new ByteTokenizer().fingerprint());
    assertThat(prepared.folder()).isEqualTo(folder + "/packed/32");
  }

  @Test
  void sparkReadsTheSameTypes() throws IOException {
    write("a.txt", "hello");
    Prepared prepared =
        PrepareJob.run(spark, request(data(true, source("a.txt", Format.TEXT, "text")), 8, 1));
    var table = spark.read().parquet(prepared.folder() + "/*.parquet");
    assertThat(table.schema().treeString().lines().map(String::strip))
        .containsExactly(
            "root",
            "|-- input_ids: array (nullable = true)",
            "|    |-- element: integer (containsNull = true)",
            "|-- target_ids: array (nullable = true)",
            "|    |-- element: integer (containsNull = true)",
            "|-- segment_ids: array (nullable = true)",
            "|    |-- element: integer (containsNull = true)",
            "|-- position_ids: array (nullable = true)",
            "|    |-- element: integer (containsNull = true)",
            "|-- loss_weights: array (nullable = true)",
            "|    |-- element: float (containsNull = true)");
    Row row = table.head();
    assertThat(row.getList(0)).isEqualTo(List.of(256, 104, 101, 108, 108, 111, 257, 0));
    assertThat(row.getList(1)).isEqualTo(List.of(104, 101, 108, 108, 111, 257, 0, 0));
    assertThat(row.getList(4)).isEqualTo(List.of(1f, 1f, 1f, 1f, 1f, 1f, 0f, 0f));
  }

  /** The same bytes, however Spark divides the work. */
  @Test
  void theNumberOfPartitionsChangesNothing() throws IOException {
    SplittableRandom random = new SplittableRandom(11);
    for (int file = 0; file < 3; file++) {
      StringBuilder lines = new StringBuilder();
      for (int line = 0; line < 120; line++) {
        lines.append("{\"text\": \"").append("x".repeat(random.nextInt(1, 90))).append("\"}\n");
      }
      write("f" + file + ".jsonl", lines.toString());
    }
    DataSettings data = data(true, source("*.jsonl", Format.JSONL, "text"));
    // Windows of 5 rows: some passes of several windows each.
    PrepareRequest request = request(data, 64, 5).with(sizes(320, 1 << 20, 3));
    Map<String, byte[]> whole = files(PrepareJob.run(spark, request));
    assertThat(whole).hasSizeGreaterThan(20);
    for (int partitions : new int[] {1, 5}) {
      spark.conf().set("spark.sql.shuffle.partitions", partitions);
      Files.delete(folder.resolve("packed/64/manifest.json"));
      Map<String, byte[]> again =
          files(PrepareJob.run(spark, request.with(sizes(320, 700L * partitions, partitions))));
      assertThat(again).containsOnlyKeys(whole.keySet());
      again.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(whole.get(name)));
    }
    spark.conf().set("spark.sql.shuffle.partitions", 2);
  }

  private static WorkSizes sizes(long windowTokens, long splitBytes, int maxPartitions) {
    return new WorkSizes(OptionalLong.of(windowTokens), splitBytes, maxPartitions);
  }

  private static Map<String, byte[]> files(Prepared prepared) throws IOException {
    Map<String, byte[]> files = new HashMap<>();
    try (Stream<Path> paths = Files.list(Path.of(prepared.folder()))) {
      for (Path path : paths.toList()) {
        files.put(path.getFileName().toString(), Files.readAllBytes(path));
      }
    }
    return files;
  }

  @Test
  void reusesWhatFitsAndSaysWhyWhatDoesNot() throws IOException {
    write("a.txt", "hello");
    DataSettings data = data(true, source("*.txt", Format.TEXT, "text"));
    PrepareJob.run(spark, request(data, 16, 1));
    Prepared again = PrepareJob.run(spark, request(data, 16, 1));
    assertThat(again.reused()).isTrue();
    assertThat(again.reason()).contains("unchanged");
    assertThat(PrepareJob.run(spark, request(data, 16, 2)).reason())
        .isEqualTo("made anew: seed was 1 and is 2");
    write("b.txt", "more");
    Prepared grown = PrepareJob.run(spark, request(data, 16, 2));
    assertThat(grown.reused()).isFalse();
    assertThat(grown.reason()).contains("1 files, 5 bytes").contains("2 files, 9 bytes");
    Files.delete(folder.resolve("packed/16/part-00000.parquet"));
    assertThat(PrepareJob.run(spark, request(data, 16, 2)).reason())
        .contains("part-00000.parquet is gone");
    Files.writeString(folder.resolve("packed/16/manifest.json"), "{");
    assertThat(PrepareJob.run(spark, request(data, 16, 2)).reason()).contains("damaged");
    assertThat(PrepareJob.run(spark, request(data, 16, 2)).reused()).isTrue();
  }

  @Test
  void seedsShuffleDocuments() throws IOException {
    for (int i = 0; i < 10; i++) {
      write(i + ".txt", "abcdef" + i);
    }
    SourceSettings source = source("*.txt", Format.TEXT, "text");
    List<String> stored = documents(PrepareJob.run(spark, request(data(false, source), 9, 1)));
    assertThat(stored).isSorted().hasSize(10);
    List<String> one = documents(PrepareJob.run(spark, request(data(true, source), 9, 1)));
    List<String> two = documents(PrepareJob.run(spark, request(data(true, source), 9, 2)));
    assertThat(one).isNotEqualTo(stored).isNotEqualTo(two).containsExactlyInAnyOrderElementsOf(two);
  }

  @Test
  void namesTheFirstProblemsInOrderAndCountsTheRest() throws IOException {
    StringBuilder lines = new StringBuilder("{\"input_ids\": [1, 258]}\n");
    lines.append("nonsense\n".repeat(30));
    write("a.jsonl", lines.toString());
    DataSettings data = data(true, source("a.jsonl", Format.JSONL, "input_ids"));
    assertThatThrownBy(() -> PrepareJob.run(spark, request(data, 16, 1)))
        .isInstanceOfSatisfying(
            InvalidInputException.class,
            e -> {
              assertThat(e.problems()).hasSize(21);
              assertThat(e.problems().getFirst().toString())
                  .contains("a.jsonl:1: token id 258 at position 1 (expected 0 to 257");
              for (int i = 1; i < 20; i++) {
                assertThat(e.problems().get(i).place()).endsWith("a.jsonl:" + (i + 1));
              }
              assertThat(e.problems().getLast().toString()).contains("11 more problems");
            });
    assertThat(folder.resolve("packed")).doesNotExist();
  }

  /** The tokeniser's files go to the executors with the task. */
  @Test
  void tokenizesWithTheFilesOfAHuggingFaceTokenizer() throws IOException {
    Path words = Files.createDirectories(folder.resolve("words"));
    Files.writeString(
        words.resolve("tokenizer.json"),
        """
        {"version": "1.0", "truncation": null, "padding": null, "normalizer": null,
         "added_tokens": [{"id": 3, "content": "</s>", "single_word": false, "lstrip": false,
                           "rstrip": false, "normalized": false, "special": true}],
         "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
         "model": {"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0, "the": 1, "cat": 2}}}
        """);
    TokenizerSpec spec = TokenizerSpec.read(words.toString());
    Files.delete(words.resolve("tokenizer.json"));
    write("a.txt", "the cat saw the cat");
    DataSettings data = data(true, source("a.txt", Format.TEXT, "text"));
    Prepared prepared = PrepareJob.run(spark, new PrepareRequest(data, Optional.of(spec), 4, 7, 1));
    try (ParquetPackedRows rows = ParquetPackedRows.open(prepared.folder())) {
      assertThat(rows.row(0).inputIds()).containsExactly(1, 2, 0, 1, 2, 3, 0);
      assertThat(rows.row(0).tokens()).isEqualTo(6);
    }
    assertThatThrownBy(
            () -> PrepareJob.run(spark, new PrepareRequest(data, Optional.of(spec), 3, 7, 1)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("a.txt: the tokeniser's token id 3 at position 5");
  }

  @Test
  void textNeedsATokenizerAndSomethingToRead() throws IOException {
    write("a.txt", "");
    DataSettings data = data(true, source("a.txt", Format.TEXT, "text"));
    assertThatThrownBy(
            () -> PrepareJob.run(spark, new PrepareRequest(data, Optional.empty(), 258, 16, 1)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("model.tokenizer");
    assertThatThrownBy(() -> PrepareJob.run(spark, request(data, 16, 1)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("no tokens to learn from");
    assertThatThrownBy(
            () ->
                PrepareJob.run(
                    spark, request(data(true, source("x/*", Format.TEXT, "text")), 16, 1)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("data.sources.0.path: no file at");
    assertThat(folder.resolve("packed/16")).doesNotExist();
  }
}
