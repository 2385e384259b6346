package dev.annulus.data.pack;

/** Why tokens or documents of the input are in no row. */
public enum LossReason {
  /** The document has no token. */
  EMPTY,
  /** The document is longer than a row and was left out. */
  TOO_LONG,
  /** What lies behind the first row's worth of a document; the document itself is packed. */
  TRUNCATED
}
