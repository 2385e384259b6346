package dev.annulus.data.document;

import java.util.List;
import java.util.Map;

/**
 * A document as its source holds it.
 *
 * @param place {@code file} or {@code file:line}
 */
public record Document(String place, Content content) {
  /** What a source holds of a document. */
  public sealed interface Content {}

  /** Text, well-formed, without BOS and EOS. */
  public record Text(String text) implements Content {}

  /**
   * Ready token ids, taken as they are.
   *
   * @param modalities one a token, or empty: all 0
   */
  public record Ids(int[] ids, int[] modalities) implements Content {
    /** Ids of modality 0. */
    public Ids(int[] ids) {
      this(ids, new int[0]);
    }
  }

  /** Two texts, of which the second is learned. */
  public record Exchange(String prompt, String answer) implements Content {}

  /**
   * Turns of a conversation, of which the assistant's are learned.
   *
   * @param messages their keys and values as JSON has them
   */
  public record Chat(List<Map<String, Object>> messages) implements Content {}
}
