package dev.annulus.data.document;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.data.tokenizer.ByteTokenizer;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DocumentEncoderTest {
  private static final Document AB = new Document("f:1", new Document.Text("ab"));

  private static DocumentEncoder encoder(boolean bos, boolean eos, int vocabularySize) {
    return new DocumentEncoder(Optional.of(new ByteTokenizer()), bos, eos, vocabularySize);
  }

  private static int[] ids(Outcome<DocumentTokens> outcome) {
    return outcome instanceof Outcome.Good<DocumentTokens>(DocumentTokens tokens)
        ? tokens.ids()
        : new int[] {-99};
  }

  private static String problem(Outcome<DocumentTokens> outcome) {
    return outcome instanceof Outcome.Bad<DocumentTokens>(var problem, var endsFile)
        ? problem.toString()
        : "";
  }

  @Test
  void putsBosAndEosAroundTextOnly() {
    assertThat(ids(encoder(true, true, 258).encode(AB))).containsExactly(256, 'a', 'b', 257);
    assertThat(ids(encoder(false, true, 258).encode(AB))).containsExactly('a', 'b', 257);
    assertThat(ids(encoder(true, false, 258).encode(AB))).containsExactly(256, 'a', 'b');
    Document ready = new Document("f:2", new Document.Ids(new int[] {7, 8}));
    assertThat(ids(encoder(true, true, 258).encode(ready))).containsExactly(7, 8);
    Document empty = new Document("f:3", new Document.Text(""));
    assertThat(ids(encoder(true, true, 258).encode(empty))).isEmpty();
  }

  @Test
  void namesIdsOutsideTheVocabulary() {
    assertThat(problem(encoder(false, true, 256).encode(AB)))
        .isEqualTo(
            "f:1: the tokeniser's token id 257 at position 2 (expected 0 to 255, the model's"
                + " vocabulary)");
    for (int id : new int[] {-1, 9}) {
      Document ready = new Document("f:2", new Document.Ids(new int[] {7, id}));
      assertThat(problem(encoder(true, true, 9).encode(ready)))
          .startsWith("f:2: token id " + id + " at position 1");
    }
  }

  @Test
  void textNeedsATokenizer() {
    assertThat(problem(new DocumentEncoder(Optional.empty(), true, true, 9).encode(AB)))
        .contains("f:1: text, and no tokeniser");
  }
}
