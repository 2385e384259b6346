package dev.annulus.data.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ByteTokenizerTest {
  private final ByteTokenizer tokenizer = new ByteTokenizer();

  @Test
  void idsAreBytesOfUtf8() {
    assertThat(tokenizer.encode("aé€😀\u0000"))
        .containsExactly(97, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0);
    assertThat(tokenizer.encode("</s>")).containsExactly('<', '/', 's', '>');
    assertThat(tokenizer.encode("")).isEmpty();
    assertThat(tokenizer.vocabularySize()).isEqualTo(258);
    assertThat(tokenizer.bosId()).hasValue(256);
    assertThat(tokenizer.eosId()).hasValue(257);
  }

  @Test
  void decodesWhatItEncoded() {
    for (long seed = 0; seed < 200; seed++) {
      String text = RandomText.of(new SplittableRandom(seed), 50);
      assertThat(tokenizer.decode(tokenizer.encode(text))).as("seed %d", seed).isEqualTo(text);
    }
  }

  @Test
  void malformedBytesGiveReplacementCharactersAndSpecialTokensNothing() {
    assertThat(tokenizer.decode(new int[] {256, 'a', 0xff, 'b', 0xe2, 0x82, 257}))
        .isEqualTo("a\uFFFDb\uFFFD");
    assertThat(tokenizer.decode(new int[] {0xed, 0xa0, 0x80, 0xf0, 0x9f, 'c'}))
        .isEqualTo("\uFFFD\uFFFD\uFFFD\uFFFDc");
    assertThat(tokenizer.decode(new int[] {0xed, 0xb0, 'a'})).isEqualTo("\uFFFD\uFFFDa");
    assertThat(tokenizer.encode("a\ud800b")).containsExactly('a', 0xef, 0xbf, 0xbd, 'b');
  }

  @Test
  void refusesIdsOutsideTheVocabulary() {
    for (int id : new int[] {-1, 258}) {
      assertThatThrownBy(() -> tokenizer.decode(new int[] {id}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(String.valueOf(id))
          .hasMessageContaining("257");
    }
  }

  @Test
  void savedFilesGiveOtherToolsTheSameIds(@TempDir Path folder) {
    tokenizer.save(folder);
    TokenizerFiles files = TokenizerFiles.read(folder);
    assertThat(files.fingerprint()).isEqualTo(tokenizer.fingerprint());
    try (HuggingFaceTokenizer other = new HuggingFaceTokenizer(files)) {
      assertThat(other.vocabularySize()).isEqualTo(258);
      assertThat(other.bosId()).isEqualTo(tokenizer.bosId());
      assertThat(other.eosId()).isEqualTo(tokenizer.eosId());
      for (long seed = 0; seed < 200; seed++) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] bytes = new byte[random.nextInt(1, 80)];
        random.nextBytes(bytes);
        String fromBytes = new String(bytes, StandardCharsets.UTF_8);
        for (String text : new String[] {RandomText.of(random, 40), fromBytes}) {
          int[] ids = tokenizer.encode(text);
          assertThat(other.encode(text)).as("seed %d", seed).isEqualTo(ids);
          assertThat(other.decode(ids)).as("seed %d", seed).isEqualTo(text);
        }
        int[] any = random.ints(400, 0, 258).toArray();
        assertThat(other.decode(any)).as("seed %d", seed).isEqualTo(tokenizer.decode(any));
      }
    }
  }

  @Test
  void savedFilesAreTheByteTokenizerAgain(@TempDir Path folder) {
    tokenizer.save(folder);
    try (Tokenizer again = Tokenizers.load(folder.toString())) {
      assertThat(again).isInstanceOf(ByteTokenizer.class);
    }
  }
}
