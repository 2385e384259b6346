package dev.annulus.data.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A tokeniser that came with a trained model, where it is at hand. */
class RealTokenizerTest {
  @Test
  void characterTokensWithAMarkedFirstSpace() {
    String repository = System.getProperty("annulus.repository", ".");
    Path folder = Path.of(repository).resolveSibling("shared/data/babyllama-105").normalize();
    assumeTrue(Files.isDirectory(folder), "no " + folder);
    try (Tokenizer tokenizer = Tokenizers.load(folder.toString())) {
      int[] ids = tokenizer.encode("Once upon a time");
      assertThat(ids).hasSize(17).startsWith(3);
      assertThat(tokenizer.decode(ids)).isEqualTo("Once upon a time");
      assertThat(tokenizer.vocabularySize()).isEqualTo(105);
      assertThat(tokenizer.bosId()).hasValue(1);
      assertThat(tokenizer.eosId()).hasValue(2);
    }
  }
}
