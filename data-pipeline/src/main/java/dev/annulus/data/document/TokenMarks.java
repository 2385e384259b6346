package dev.annulus.data.document;

/**
 * What is known of a token beside its id, in one byte: whether it is learned, and its modality
 * (seven bits). A document without marks is learned whole and of modality 0.
 */
public final class TokenMarks {
  private static final int UNLEARNED = 0x80;
  private static final int MODALITY = 0x7f;

  private TokenMarks() {}

  /** The mark of a token. */
  public static byte of(boolean learned, int modality) {
    return (byte) (modality | (learned ? 0 : UNLEARNED));
  }

  /** Whether the token is learned where it is a target. */
  public static boolean isLearned(byte mark) {
    return (mark & UNLEARNED) == 0;
  }

  /** The token's modality, 0 to 127. */
  public static int modality(byte mark) {
    return mark & MODALITY;
  }
}
