package dev.annulus.data.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.InvalidInputException;
import dev.annulus.data.document.Document;
import dev.annulus.data.document.DocumentEncoder;
import dev.annulus.data.document.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HuggingFaceTokenizerTest {
  /** A word-level tokeniser that truncates at 2 and pads to 8 when nobody turns that off. */
  private static final String WORDS =
      """
      {"version": "1.0",
       "truncation": {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0},
       "padding": {"strategy": {"Fixed": 8}, "direction": "Right", "pad_to_multiple_of": null,
                   "pad_id": 0, "pad_type_id": 0, "pad_token": "<unk>"},
       "added_tokens": [
         {"id": 4, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false,
          "normalized": false, "special": true},
         {"id": 5, "content": "<stop>", "single_word": false, "lstrip": false, "rstrip": false,
          "normalized": false, "special": true}],
       "normalizer": null, "pre_tokenizer": {"type": "Whitespace"},
       "post_processor": {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
         "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
         "special_tokens": {"<s>": {"id": "<s>", "ids": [4], "tokens": ["<s>"]}}},
       "decoder": null,
       "model": {"type": "WordLevel", "unk_token": "<unk>",
                 "vocab": {"<unk>": 0, "the": 1, "cat": 2, "sat": 3}}}
      """;

  @TempDir Path folder;

  private Tokenizer words() throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), WORDS);
    return Tokenizers.load(folder.toString());
  }

  @Test
  void neitherTruncatesNorPadsNorAddsSpecialTokens() throws IOException {
    try (Tokenizer words = words()) {
      assertThat(words.encode("the cat sat the dog")).containsExactly(1, 2, 3, 1, 0);
      assertThat(words.encode("cat ".repeat(2000))).hasSize(2000);
      assertThat(words.decode(new int[] {4, 1, 2, 5})).isEqualTo("the cat");
      assertThat(words.vocabularySize()).isEqualTo(6);
    }
  }

  /** Its library takes many times the memory of a text, outside of the heap. */
  @Test
  void aTextThatIsTooLongForTheLibraryIsNamed() throws IOException {
    try (Tokenizer words = words()) {
      DocumentEncoder encoder = new DocumentEncoder(Optional.of(words), true, true, 6);
      String text = "x".repeat(HuggingFaceTokenizer.LONGEST_TEXT);
      List<Document.Content> tooLong =
          List.of(new Document.Text(text + "y"), new Document.Exchange(text, "y"));
      for (Document.Content content : tooLong) {
        assertThat(encoder.encode(new Document("f:1", content)))
            .isInstanceOfSatisfying(
                Outcome.Bad.class,
                bad ->
                    assertThat(bad.problem().toString())
                        .contains(
                            "f:1: a text of "
                                + (HuggingFaceTokenizer.LONGEST_TEXT + 1)
                                + " characters (expected at most "
                                + HuggingFaceTokenizer.LONGEST_TEXT));
      }
    }
  }

  @Test
  void beginAndEndComeFromTheConfigurationBeforeTheModelBeforeNames() throws IOException {
    try (Tokenizer words = words()) {
      assertThat(words.bosId()).hasValue(4);
      assertThat(words.eosId()).isEmpty();
    }
    Files.writeString(
        folder.resolve("config.json"), "{\"bos_token_id\": 1, \"eos_token_id\": [3, 2]}");
    try (Tokenizer words = words()) {
      assertThat(words.bosId()).hasValue(1);
      assertThat(words.eosId()).hasValue(3);
    }
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"bos_token\": null, \"eos_token\": {\"content\": \"<stop>\"}}");
    try (Tokenizer words = words()) {
      assertThat(words.bosId()).isEmpty();
      assertThat(words.eosId()).hasValue(5);
    }
  }

  @Test
  void savesItsFilesAsTheyAreButNotTheModels() throws IOException {
    Files.writeString(folder.resolve("tokenizer_config.json"), "{ \"bos_token\":  \"<s>\"}");
    Files.writeString(folder.resolve("chat_template.jinja"), "{{ messages }}");
    Files.writeString(folder.resolve("config.json"), "{}");
    Path copy = folder.resolve("copy");
    try (Tokenizer words = words()) {
      words.save(copy);
      try (Tokenizer again = Tokenizers.load(copy.resolve("tokenizer.json").toString())) {
        assertThat(again.fingerprint()).isEqualTo(words.fingerprint()).hasSize(64);
      }
    }
    try (var saved = Files.list(copy)) {
      assertThat(saved.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "tokenizer.json", "tokenizer_config.json", "chat_template.jinja");
    }
    assertThat(copy.resolve("tokenizer_config.json")).hasContent("{ \"bos_token\":  \"<s>\"}");
  }

  @Test
  void namesWhatIsWrong() throws IOException {
    String missing = folder.resolve("nowhere").toString();
    assertThatThrownBy(() -> Tokenizers.load(missing))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("nowhere");
    assertThatThrownBy(() -> Tokenizers.load(folder.toString()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("tokenizer.json");
    for (String broken : new String[] {"{\"model\": ", "[1]", "{}", "", "\u0000"}) {
      Files.writeString(folder.resolve("tokenizer.json"), broken);
      assertThatThrownBy(() -> Tokenizers.load(folder.toString()))
          .as(broken)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("tokenizer.json");
    }
    Files.writeString(
        folder.resolve("tokenizer.json"),
        "{\"model\": {\"type\": \"None\", \"vocab\": {\"a\": 0}}}");
    assertThatThrownBy(() -> Tokenizers.load(folder.toString()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("tokenizer.json");
  }

  @Test
  void refusesIdsOutsideTheVocabularyAndUseAfterClose() throws IOException {
    Tokenizer words = words();
    assertThatThrownBy(() -> words.decode(new int[] {6}))
        .isInstanceOf(IllegalArgumentException.class);
    words.close();
    words.close();
    assertThatThrownBy(() -> words.encode("cat")).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void servesManyThreads() throws IOException, InterruptedException, ExecutionException {
    try (Tokenizer words = words();
        var threads = Executors.newFixedThreadPool(4)) {
      var results =
          threads.invokeAll(
              IntStream.range(0, 200)
                  .<java.util.concurrent.Callable<int[]>>mapToObj(
                      n -> () -> words.encode("cat sat ".repeat(n)))
                  .toList());
      for (int n = 0; n < results.size(); n++) {
        Future<int[]> ids = results.get(n);
        assertThat(ids.get()).hasSize(2 * n);
      }
    }
  }
}
