package dev.annulus.data.document;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.data.tokenizer.ByteTokenizer;
import java.util.List;
import java.util.Map;
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

  @Test
  void ofAPromptAndItsAnswerTheAnswerIsLearned() {
    Document document = new Document("f:4", new Document.Exchange("\u00e9", "\uD83D\uDE00b"));
    DocumentTokens tokens =
        encoder(true, true, 258).encode(document)
                instanceof Outcome.Good<DocumentTokens>(DocumentTokens good)
            ? good
            : null;
    assertThat(tokens.ids()).containsExactly(256, 0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80, 'b', 257);
    boolean[] learned = new boolean[tokens.ids().length];
    for (int t = 0; t < learned.length; t++) {
      learned[t] = TokenMarks.isLearned(tokens.marks()[t]);
    }
    assertThat(learned).containsExactly(false, false, false, true, true, true, true, true, true);
    Document nothing = new Document("f:5", new Document.Exchange("", ""));
    assertThat(ids(encoder(true, true, 258).encode(nothing))).isEmpty();
  }

  @Test
  void ofTurnsWhatTheWriterSaysIsLearned() {
    DocumentEncoder encoder =
        new DocumentEncoder(
            Optional.of(new ByteTokenizer()),
            Optional.of(
                turns ->
                    new LearnedText("a" + turns.size() + "b", List.of(new LearnedText.Span(1, 2)))),
            true,
            true,
            258);
    Document chat = new Document("f:6", new Document.Chat(List.of(Map.of("role", "user"))));
    DocumentTokens tokens =
        encoder.encode(chat) instanceof Outcome.Good<DocumentTokens>(DocumentTokens good)
            ? good
            : null;
    assertThat(tokens.ids()).containsExactly('a', '1', 'b');
    assertThat(TokenMarks.isLearned(tokens.marks()[1])).isTrue();
    assertThat(TokenMarks.isLearned(tokens.marks()[2])).isFalse();
    assertThat(problem(encoder(true, true, 258).encode(chat)))
        .contains("f:6: turns, and no chat template");
  }

  @Test
  void theContentsDecideTheHash() {
    long hash = ContentHash.of(new Document.Text("ab"));
    assertThat(ContentHash.of(new Document.Text("ab"))).isEqualTo(hash);
    assertThat(ContentHash.of(new Document.Exchange("a", "b")))
        .isNotEqualTo(ContentHash.of(new Document.Exchange("ab", "")));
    int below = 0;
    for (int i = 0; i < 10_000; i++) {
      below += ContentHash.isBelow(ContentHash.of(new Document.Ids(new int[] {i})), 0.1) ? 1 : 0;
    }
    assertThat(below).isBetween(900, 1100);
  }
}
