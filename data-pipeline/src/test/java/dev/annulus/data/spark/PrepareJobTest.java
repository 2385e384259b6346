package dev.annulus.data.spark;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.annulus.config.DataSettings;
import dev.annulus.config.DataSettings.LongDocuments;
import dev.annulus.config.DataSettings.LossNormalization;
import dev.annulus.config.DataSettings.ModalityLoss;
import dev.annulus.config.DataSettings.SplitPositions;
import dev.annulus.config.InvalidInputException;
import dev.annulus.config.ModalitySettings;
import dev.annulus.config.SourceSettings;
import dev.annulus.config.SourceSettings.Format;
import dev.annulus.data.pack.LossReason;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.data.pack.PackingReport;
import dev.annulus.data.parquet.ParquetPackedRows;
import dev.annulus.data.tokenizer.ByteTokenizer;
import dev.annulus.data.tokenizer.TokenizerSpec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
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
            // The jobs are small: compiling and planning again would take longer than they do.
            .config("spark.sql.codegen.wholeStage", false)
            .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
            .config("spark.sql.adaptive.enabled", false)
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

  /** Without statistics, which are jobs of their own and have tests of their own. */
  private DataSettings data(boolean shuffle, SourceSettings... sources) {
    return new DataSettings(
        List.of(sources),
        folder + "/packed",
        true,
        true,
        LongDocuments.SPLIT,
        SplitPositions.RESTART,
        LossNormalization.TOKEN,
        shuffle,
        0,
        0,
        Optional.empty(),
        ModalityLoss.FACTOR,
        List.of(),
        false);
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
      for (int line = 0; line < 14; line++) {
        lines.append("{\"text\": \"").append("x".repeat(random.nextInt(1, 90))).append("\"}\n");
      }
      write("f" + file + ".jsonl", lines.toString());
    }
    DataSettings data = data(true, source("*.jsonl", Format.JSONL, "text"));
    // Windows of 5 rows: some passes of several windows each.
    PrepareRequest request = request(data, 64, 5).with(sizes(320, 1 << 20, 3));
    Map<String, byte[]> whole = files(PrepareJob.run(spark, request));
    assertThat(whole).hasSizeGreaterThan(5);
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

  private DataSettings data(double heldOut, double maxBad, SourceSettings... sources) {
    return new DataSettings(
        List.of(sources),
        folder + "/packed",
        true,
        true,
        LongDocuments.SPLIT,
        SplitPositions.RESTART,
        LossNormalization.TOKEN,
        true,
        heldOut,
        maxBad,
        Optional.empty(),
        ModalityLoss.FACTOR,
        List.of(),
        true);
  }

  private SourceSettings weighted(String path, double weight, double repeats) {
    return new SourceSettings(
        folder + "/in/" + path,
        Format.JSONL,
        new SourceSettings.Text("text"),
        OptionalDouble.of(weight),
        repeats);
  }

  private void writeLines(String name, int count, String text) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < count; i++) {
      lines.append("{\"text\": \"").append(text).append(1000 + i).append("\"}\n");
    }
    write(name, lines.toString());
  }

  /** Sources by weight, documents held out and bad ones: everything is somewhere, and once. */
  @Test
  void everythingGivenIsPackedOrCountedUnderAReason() throws IOException {
    writeLines("a.jsonl", 400, "a");
    writeLines("b.jsonl", 100, "b");
    write("c.jsonl", "broken\n{\"text\": \"c9999\"}\n");
    DataSettings data =
        data(
            0.1,
            0.01,
            weighted("a.jsonl", 0.5, 1),
            weighted("b.jsonl", 0.5, 3),
            weighted("c.jsonl", 0, 1));
    Prepared prepared = PrepareJob.run(spark, request(data, 64, 3).with(sizes(1500, 1 << 20, 2)));
    PackingReport report = prepared.manifest().report();
    Map<LossReason, PackingReport.Lost> lost = report.lost();
    assertThat(report.documents()).isEqualTo(502);
    assertThat(lost.get(LossReason.BAD).documents()).isEqualTo(1);
    long heldOut = lost.get(LossReason.HELD_OUT).documents();
    assertThat(heldOut).isBetween(25L, 80L);
    assertThat(Files.readAllLines(folder.resolve("packed/held-out.jsonl"))).hasSize((int) heldOut);
    List<String> packed = documents(prepared);
    assertThat(packed).hasSize((int) report.packedDocuments());
    long ofA = packed.stream().filter(text -> text.startsWith("<a")).count();
    long ofB = packed.stream().filter(text -> text.startsWith("<b")).count();
    // b is gone through three times at most; a gives as much.
    assertThat(ofB)
        .isEqualTo(3 * packed.stream().filter(t -> t.startsWith("<b")).distinct().count());
    assertThat((double) ofA / ofB).isBetween(0.8, 1.2);
    assertThat(ofA + ofB).isEqualTo(packed.size());
    assertThat(packed.stream().filter(t -> t.startsWith("<a")).distinct().count()).isEqualTo(ofA);
    String text = Files.readString(folder.resolve("packed/statistics.txt"));
    assertThat(text)
        .contains("bad: 1 documents")
        .contains("c.jsonl:1: broken JSON")
        .contains("rows are full to");
    assertThat(Files.readString(folder.resolve("packed/statistics.html"))).contains("<svg");
    JsonNode json = new ObjectMapper().readTree(folder.resolve("packed/statistics.json").toFile());
    assertThat(json.get("exact_duplicates").get("documents").longValue()).isZero();
    assertThat(json.get("packed").get(0).get("report").get("rows").longValue())
        .isEqualTo(report.rows());
    assertThat(PrepareJob.run(spark, request(data, 64, 3).with(sizes(1500, 1 << 20, 2))).reused())
        .isTrue();
  }

  /**
   * Each kind of bad input: named with its place, and every token is in a row or under a reason.
   */
  @Test
  void everyKindOfBadInputIsNamedAndCounted() throws IOException {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    lines.writeBytes("{\"text\": \"good\"}\n{\"text\": \"br\u00f6ken \"}\n".getBytes(UTF_8));
    lines.writeBytes(new byte[] {'{', '"', (byte) 0xff, '"', '}', '\n'});
    lines.writeBytes(
        """
        {"text": "cut off
        {"title": "no text"}
        {"text": 7}
        {"text": null}
        {"text": "\\ud800"}
        {"text": ""}
        {"text": "%s"}
        """
            .formatted("long".repeat(10))
            .getBytes(UTF_8));
    Path in = Files.createDirectories(folder.resolve("in"));
    Files.write(in.resolve("a.jsonl"), lines.toByteArray());
    Files.write(in.resolve("b.txt"), new byte[] {'o', 'k', (byte) 0xc3});
    // What a job that was killed has left.
    Path dead = Files.createDirectories(folder.resolve("packed/.16.dead.tmp"));
    Files.writeString(dead.resolve("part-00000.parquet"), "half");
    for (LongDocuments policy : List.of(LongDocuments.TRUNCATE, LongDocuments.DROP)) {
      DataSettings data = badInput(policy);
      PackingReport report = PrepareJob.run(spark, request(data, 16, 1)).manifest().report();
      Map<LossReason, PackingReport.Lost> expected = new HashMap<>();
      expected.put(LossReason.BAD, new PackingReport.Lost(7, 0));
      expected.put(LossReason.EMPTY, new PackingReport.Lost(1, 0));
      // 40 bytes, BOS and EOS; a row has 16.
      expected.put(
          policy == LongDocuments.DROP ? LossReason.TOO_LONG : LossReason.TRUNCATED,
          new PackingReport.Lost(1, policy == LongDocuments.DROP ? 42 : 26));
      assertThat(report.lost()).isEqualTo(expected);
      assertThat(report.documents()).isEqualTo(11);
      long lost = report.lost().values().stream().mapToLong(PackingReport.Lost::tokens).sum();
      assertThat(report.packedTokens() + lost).isEqualTo(report.tokens()).isEqualTo(6 + 10 + 42);
    }
    assertThat(dead).doesNotExist();
    assertThat(Files.readString(folder.resolve("packed/statistics.txt")))
        .contains("a.jsonl:3: byte 0xff is not UTF-8 at byte 2 of the line")
        .contains("a.jsonl:4: broken JSON")
        .contains("a.jsonl:5: an object without 'text'")
        .contains("a.jsonl:6: 'text' is the number 7")
        .contains("a.jsonl:7: 'text' is null")
        .contains("a.jsonl:8: 'text' has the lone surrogate \\ud800")
        .contains("b.txt: byte 0xc3 is not UTF-8 at byte 2")
        .contains("bad: 7 documents");
  }

  private DataSettings badInput(LongDocuments policy) {
    return new DataSettings(
        List.of(source("a.jsonl", Format.JSONL, "text"), source("b.txt", Format.TEXT, "text")),
        folder + "/packed",
        true,
        true,
        policy,
        SplitPositions.RESTART,
        LossNormalization.TOKEN,
        true,
        0,
        0.9,
        Optional.empty(),
        ModalityLoss.FACTOR,
        List.of(),
        true);
  }

  @Test
  void moreBadDocumentsThanMayBeStopTheJob() throws IOException {
    writeLines("a.jsonl", 20, "a");
    write("b.jsonl", "{}\n");
    DataSettings few = data(0, 0.04, source("*.jsonl", Format.JSONL, "text"));
    assertThatThrownBy(() -> PrepareJob.run(spark, request(few, 16, 1)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("data.max_bad_share: 1 of 21 documents are wrong")
        .hasMessageContaining("b.jsonl:1: an object without 'text'");
    DataSettings enough = data(0, 0.05, source("*.jsonl", Format.JSONL, "text"));
    assertThat(PrepareJob.run(spark, request(enough, 16, 1)).manifest().report().summary())
        .contains("bad: 1 documents");
    // What hides an unknown number of documents is not let pass, whatever the share.
    Files.write(folder.resolve("in/c.jsonl.gz"), new byte[] {0x1f, (byte) 0x8b, 8, 0});
    DataSettings broken = data(0, 0.99, source("*.jsonl*", Format.JSONL, "text"));
    assertThatThrownBy(() -> PrepareJob.run(spark, request(broken, 16, 1)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("c.jsonl.gz: damaged or cut off");
  }

  @Test
  void duplicatesAreFound() throws IOException {
    SplittableRandom random = new SplittableRandom(9);
    StringBuilder lines = new StringBuilder();
    String first = "";
    for (int i = 0; i < 12; i++) {
      StringBuilder text = new StringBuilder();
      random.ints(300, 'a', 'z').forEach(c -> text.append((char) c));
      first = i == 0 ? text.toString() : first;
      lines.append("{\"text\": \"").append(text).append("\"}\n");
    }
    lines.append("{\"text\": \"").append(first).append("\"}\n");
    lines.append("{\"text\": \"").append(first).append("!\"}\n");
    write("a.jsonl", lines.toString());
    PrepareJob.run(spark, request(data(0, 0, source("a.jsonl", Format.JSONL, "text")), 64, 1));
    assertThat(Files.readString(folder.resolve("packed/statistics.txt")))
        .contains("Exact duplicates: 1 documents (7.14 %), 302 tokens")
        .contains("Near-duplicates: 2 documents (14.29 %), 605 tokens");
  }

  /**
   * Two lengths are packed from one tokenisation; without a shuffle in the order of the sources.
   */
  @Test
  void lengthsAndModalitiesInOrder() throws IOException {
    write(
        "a.jsonl",
        """
        {"input_ids": [1, 2, 3], "kinds": [0, 1, 1]}
        {"input_ids": [4, 5], "kinds": [0, 0]}
        """);
    SourceSettings source =
        new SourceSettings(
            folder + "/in/a.jsonl",
            Format.JSONL,
            new SourceSettings.TokenIds("kinds"),
            OptionalDouble.empty(),
            1);
    DataSettings data =
        new DataSettings(
            List.of(source),
            folder + "/packed",
            true,
            true,
            LongDocuments.SPLIT,
            SplitPositions.KEEP,
            LossNormalization.TOKEN,
            false,
            0,
            0,
            Optional.empty(),
            ModalityLoss.SHARE,
            List.of(new ModalitySettings(0, "text", 0.5), new ModalitySettings(1, "image", 0.5)),
            false);
    List<Prepared> prepared =
        PrepareJob.run(
            spark,
            List.of(request(data, 2, 1), request(data, 8, 1)),
            (phase, done, total) -> assertThat(done).isBetween(1, total));
    assertThat(prepared)
        .extracting(Prepared::folder)
        .containsExactly(folder + "/packed/2", folder + "/packed/8");
    Row row = spark.read().parquet(folder + "/packed/8/*.parquet").head();
    assertThat(row.getList(0)).isEqualTo(List.of(1, 2, 3, 4, 5, 0, 0, 0));
    assertThat(row.getList(5)).isEqualTo(List.of(0, 1, 1, 0, 0, 0, 0, 0));
    // Two targets are of an image and one is text: each kind has half of the weight of three.
    assertThat(row.getList(4)).isEqualTo(List.of(.75f, .75f, 0f, 1.5f, 0f, 0f, 0f, 0f));
    try (ParquetPackedRows rows = ParquetPackedRows.open(folder + "/packed/2")) {
      assertThat(rows.size()).isEqualTo(3);
      assertThat(rows.row(0).inputIds()).containsExactly(1, 2);
      List<int[]> positions = List.of(rows.row(1).positionIds(), rows.row(2).positionIds());
      assertThat(positions).anySatisfy(p -> assertThat(p).containsExactly(2, 0));
    }
  }

  @Test
  void conversationsByTheTemplateOfTheRun() throws IOException {
    write(
        "a.jsonl",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"u\"}, {\"role\": \"assistant\","
            + " \"content\": \"a\"}]}\n");
    Files.writeString(
        folder.resolve("chat.jinja"),
        "{% for m in messages %}{% if m.role == 'user' %}u{% else %}a{% endif %}:{{ m.content }};{%"
            + " endfor %}{% if add_generation_prompt %}a:{% endif %}");
    SourceSettings source =
        new SourceSettings(
            folder + "/in/a.jsonl",
            Format.JSONL,
            new SourceSettings.Messages("messages"),
            OptionalDouble.empty(),
            1);
    DataSettings plain = data(false, source);
    DataSettings data =
        new DataSettings(
            plain.sources(),
            plain.packedDir(),
            true,
            true,
            plain.longDocuments(),
            plain.splitPositions(),
            plain.lossNormalization(),
            false,
            0,
            0,
            Optional.of(folder + "/chat.jinja"),
            ModalityLoss.FACTOR,
            List.of(),
            false);
    Prepared prepared = PrepareJob.run(spark, request(data, 10, 1));
    try (ParquetPackedRows rows = ParquetPackedRows.open(prepared.folder())) {
      PackedRow row = rows.row(0);
      assertThat(row.inputIds()).containsExactly('u', ':', 'u', ';', 'a', ':', 'a', ';', 0, 0);
      assertThat(row.lossWeights()).containsExactly(0, 0, 0, 0, 0, 1, 1, 0, 0, 0);
    }
    assertThatThrownBy(() -> PrepareJob.run(spark, request(plain, 10, 1)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("data.chat_template");
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
