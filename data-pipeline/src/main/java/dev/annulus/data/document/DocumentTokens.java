package dev.annulus.data.document;

/**
 * A document as token ids, BOS and EOS included.
 *
 * @param place where it stands, for messages
 * @param ids not to be changed
 * @param marks one a token as {@link TokenMarks} says, or empty: all learned, modality 0
 */
public record DocumentTokens(String place, int[] ids, byte[] marks) {
  public DocumentTokens {
    if (marks.length != 0 && marks.length != ids.length) {
      throw new IllegalArgumentException(
          marks.length + " marks of " + ids.length + " tokens in " + place);
    }
  }

  /** A document that is learned whole. */
  public DocumentTokens(String place, int[] ids) {
    this(place, ids, new byte[0]);
  }
}
