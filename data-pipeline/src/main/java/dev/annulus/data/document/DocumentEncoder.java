package dev.annulus.data.document;

import dev.annulus.data.tokenizer.Tokenizer;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Documents to token ids: text by the tokeniser, between its BOS and EOS where they are wanted and
 * it has them; ready ids as they are. An empty document stays empty. As thread-safe as the
 * tokeniser.
 *
 * @param tokenizer needed only where there is text
 * @param addBos put BOS in front of text
 * @param addEos put EOS behind it
 * @param vocabularySize of the model; every id is below
 */
public record DocumentEncoder(
    Optional<Tokenizer> tokenizer, boolean addBos, boolean addEos, int vocabularySize) {
  /** The document's tokens, or what is wrong with them. */
  public Outcome<DocumentTokens> encode(Document document) {
    return switch (document.content()) {
      case Document.Ids(int[] ids) -> checked(document.place(), ids, "token id ");
      case Document.Text(String text) -> {
        if (tokenizer.isEmpty()) {
          yield new Outcome.Bad<>(
              document.place(), "text, and no tokeniser", "model.tokenizer, or input_ids");
        }
        yield checked(
            document.place(), withEnds(tokenizer.get(), text), "the tokeniser's token id ");
      }
    };
  }

  private int[] withEnds(Tokenizer tokenizer, String text) {
    if (text.isEmpty()) {
      return new int[0];
    }
    int[] inner = tokenizer.encode(text);
    OptionalInt bos = addBos ? tokenizer.bosId() : OptionalInt.empty();
    OptionalInt eos = addEos ? tokenizer.eosId() : OptionalInt.empty();
    int before = bos.isPresent() ? 1 : 0;
    int[] ids = new int[before + inner.length + (eos.isPresent() ? 1 : 0)];
    System.arraycopy(inner, 0, ids, before, inner.length);
    bos.ifPresent(id -> ids[0] = id);
    eos.ifPresent(id -> ids[ids.length - 1] = id);
    return ids;
  }

  private Outcome<DocumentTokens> checked(String place, int[] ids, String what) {
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= vocabularySize) {
        return new Outcome.Bad<>(
            place,
            what + ids[i] + " at position " + i,
            "0 to " + (vocabularySize - 1) + ", the model's vocabulary");
      }
    }
    return new Outcome.Good<>(new DocumentTokens(place, ids));
  }
}
