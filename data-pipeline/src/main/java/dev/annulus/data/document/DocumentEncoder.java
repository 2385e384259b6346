package dev.annulus.data.document;

import dev.annulus.data.tokenizer.TextTokens;
import dev.annulus.data.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Documents to token ids: text by the tokeniser, between its BOS and EOS where they are wanted and
 * it has them; a prompt and its answer as one text between them; turns as the chat template writes
 * them, without more; ready ids as they are. An empty document stays empty. Used by as many threads
 * at once as the chat writer allows, else as the tokeniser does.
 *
 * @param tokenizer needed only where there is text
 * @param chat needed only where there are turns
 * @param addBos put BOS in front of text
 * @param addEos put EOS behind it
 * @param vocabularySize of the model; every id is below
 */
public record DocumentEncoder(
    Optional<Tokenizer> tokenizer,
    Optional<ChatWriter> chat,
    boolean addBos,
    boolean addEos,
    int vocabularySize) {
  /** For documents that are no conversations. */
  public DocumentEncoder(
      Optional<Tokenizer> tokenizer, boolean addBos, boolean addEos, int vocabularySize) {
    this(tokenizer, Optional.empty(), addBos, addEos, vocabularySize);
  }

  /** The document's tokens, or what is wrong with them. */
  public Outcome<DocumentTokens> encode(Document document) {
    if (document.content() instanceof Document.Ids(int[] ids, int[] modalities)) {
      return checked(new DocumentTokens(document.place(), ids, marks(modalities)), "token id ");
    }
    if (tokenizer.isEmpty()) {
      return new Outcome.Bad<>(
          document.place(), "text, and no tokeniser", "model.tokenizer, or input_ids");
    }
    long characters = characters(document.content());
    if (characters > tokenizer.get().longestText()) {
      return new Outcome.Bad<>(
          document.place(),
          "a text of " + characters + " characters",
          "at most "
              + tokenizer.get().longestText()
              + ", for the memory that this tokeniser takes");
    }
    try {
      return checked(encodeText(document), "the tokeniser's token id ");
    } catch (ChatException e) {
      return new Outcome.Bad<>(document.place(), e.getMessage(), e.expectation());
    }
  }

  /** Of the text before a template adds to it. */
  private static long characters(Document.Content content) {
    return switch (content) {
      case Document.Text(String text) -> text.length();
      case Document.Exchange(String prompt, String answer) ->
          (long) prompt.length() + answer.length();
      case Document.Chat(var turns) ->
          turns.stream()
              .flatMap(turn -> turn.values().stream())
              .mapToLong(value -> value instanceof String text ? text.length() : 0)
              .sum();
      case Document.Ids ids -> 0;
    };
  }

  private DocumentTokens encodeText(Document document) {
    String place = document.place();
    return switch (document.content()) {
      case Document.Text(String text) ->
          text.isEmpty()
              ? new DocumentTokens(place, new int[0])
              : new DocumentTokens(place, withEnds(tokenizer.get().encode(text)));
      case Document.Exchange(String prompt, String answer) -> exchange(place, prompt, answer);
      case Document.Chat(var turns) -> {
        ChatWriter writer =
            chat.orElseThrow(
                () ->
                    new ChatException(
                        "turns, and no chat template",
                        "a tokeniser that has one, or data.chat_template"));
        LearnedText text = writer.write(turns);
        TextTokens tokens = tokenizer.get().encodeWithStarts(text.text());
        yield new DocumentTokens(place, tokens.ids(), text.marks(tokens.starts()));
      }
      case Document.Ids ids -> throw new IllegalArgumentException("ready ids at " + place);
    };
  }

  /** BOS is of the prompt; EOS is the end of the answer, and learned with it. */
  private DocumentTokens exchange(String place, String prompt, String answer) {
    if (prompt.isEmpty() && answer.isEmpty()) {
      return new DocumentTokens(place, new int[0]);
    }
    LearnedText text =
        new LearnedText(
            prompt + answer,
            List.of(new LearnedText.Span(prompt.length(), prompt.length() + answer.length())));
    TextTokens tokens = tokenizer.get().encodeWithStarts(text.text());
    byte[] inner = text.marks(tokens.starts());
    int[] ids = withEnds(tokens.ids());
    byte[] marks = new byte[ids.length];
    Arrays.fill(marks, TokenMarks.of(true, 0));
    int before = bos().isPresent() ? 1 : 0;
    System.arraycopy(inner, 0, marks, before, inner.length);
    if (before == 1) {
      marks[0] = TokenMarks.of(false, 0);
    }
    return new DocumentTokens(place, ids, marks);
  }

  private OptionalInt bos() {
    return addBos ? tokenizer.orElseThrow().bosId() : OptionalInt.empty();
  }

  private int[] withEnds(int[] inner) {
    OptionalInt bos = bos();
    OptionalInt eos = addEos ? tokenizer.orElseThrow().eosId() : OptionalInt.empty();
    int before = bos.isPresent() ? 1 : 0;
    int[] ids = new int[before + inner.length + (eos.isPresent() ? 1 : 0)];
    System.arraycopy(inner, 0, ids, before, inner.length);
    bos.ifPresent(id -> ids[0] = id);
    eos.ifPresent(id -> ids[ids.length - 1] = id);
    return ids;
  }

  private static byte[] marks(int[] modalities) {
    byte[] marks = new byte[modalities.length];
    for (int i = 0; i < marks.length; i++) {
      marks[i] = TokenMarks.of(true, modalities[i]);
    }
    return marks;
  }

  private Outcome<DocumentTokens> checked(DocumentTokens document, String what) {
    int[] ids = document.ids();
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= vocabularySize) {
        return new Outcome.Bad<>(
            document.place(),
            what + ids[i] + " at position " + i,
            "0 to " + (vocabularySize - 1) + ", the model's vocabulary");
      }
    }
    return new Outcome.Good<>(document);
  }
}
