package dev.annulus.data.pack;

/** Why tokens or documents of the input are in no row. */
public enum LossReason {
  /** The document could not be read or tokenised; its tokens are not known. */
  BAD,
  /** The document has no token. */
  EMPTY,
  /** The document was kept out to measure on. */
  HELD_OUT,
  /** The source has less than its whole in the mixture, and the document was not drawn. */
  NOT_DRAWN,
  /** The document is longer than a row and was left out. */
  TOO_LONG,
  /** What lies behind the first row's worth of a document; the document itself is packed. */
  TRUNCATED
}
