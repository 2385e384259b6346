package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.ModelSettings;
import dev.annulus.data.tokenizer.Tokenizer;
import dev.annulus.data.tokenizer.Tokenizers;
import dev.annulus.trainer.huggingface.HuggingFaceModel;
import dev.annulus.trainer.model.LlamaConfig;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelSourceTest {
  @TempDir Path root;

  private static ModelSettings atRandom(Map<String, Object> config) {
    return new ModelSettings(Optional.empty(), Optional.of("bytes"), config);
  }

  @Test
  void aModelAtRandomTakesVocabularyAndSpecialTokensFromTheTokeniser() {
    Map<String, Object> keys = new HashMap<>(TinyRun.MODEL);
    keys.remove("vocab_size");
    try (Tokenizer bytes = Tokenizers.load("bytes")) {
      LlamaConfig config = new ModelSource(atRandom(keys), Optional.of(bytes)).config();
      assertThat(config.vocabSize()).isEqualTo(bytes.vocabularySize());
      assertThat(config.bosId()).isEqualTo(bytes.bosId());
      assertThat(config.eosIds()).isEqualTo(bytes.eosId().stream().boxed().toList());
    }
  }

  @Test
  void aVocabularySmallerThanTheTokenisersIsRefused() {
    try (Tokenizer bytes = Tokenizers.load("bytes")) {
      ModelSource source = new ModelSource(atRandom(TinyRun.MODEL), Optional.of(bytes));
      assertThatThrownBy(source::config)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("model.tokenizer: bytes, " + bytes.vocabularySize() + " ids")
          .hasMessageContaining("vocab_size, 31");
    }
  }

  @Test
  void aRunWritesItsTokeniserBesideTheTrainedModel() throws Exception {
    Map<String, Object> keys = new HashMap<>(TinyRun.MODEL);
    keys.remove("vocab_size");
    try (Tokenizer bytes = Tokenizers.load("bytes")) {
      TinyRun run = TinyRun.of(TinyRun.stage("a", 24, 2, 1)).model(keys).mesh(2, 1);
      new Gang(run, root, stage -> RowsInMemory.random(1, 3, 24, 200, false))
          .tokenizer(bytes)
          .run();
      Path folder = root.resolve("final");
      assertThat(HuggingFaceModel.readConfig(folder).vocabSize()).isEqualTo(bytes.vocabularySize());
      try (Tokenizer written = Tokenizers.load(folder.toString())) {
        String text = "A ring of four, ärgerlich.";
        assertThat(written.encode(text)).isEqualTo(bytes.encode(text));
      }
    }
  }

  @Test
  void onlyWhatStagesMayChangeDiffersFreely() {
    LlamaConfig one = LlamaConfig.fromRunConfig(TinyRun.MODEL);
    assertThat(ModelSource.mismatches(one, one.withRopeTheta(7e5), "x")).isEmpty();
    assertThat(ModelSource.mismatches(one, one.withMaxPositionEmbeddings(9), "x")).isEmpty();
    Map<String, Object> tied = new HashMap<>(TinyRun.MODEL);
    tied.put("tie_word_embeddings", true);
    assertThat(ModelSource.mismatches(one, LlamaConfig.fromRunConfig(tied), "x"))
        .extracting(problem -> problem.place())
        .isEqualTo(List.of("x tie_word_embeddings"));
  }
}
