package dev.annulus.data.document;

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

  /** Ready token ids, taken as they are. */
  public record Ids(int[] ids) implements Content {}
}
