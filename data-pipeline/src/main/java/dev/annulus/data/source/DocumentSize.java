package dev.annulus.data.source;

import dev.annulus.data.document.Outcome;

/** How large a document of text may be: it is held in memory, several times over. */
final class DocumentSize {
  /** 256 MiB: a library of a few hundred books in one record. */
  static final int MAX_BYTES = 256 << 20;

  private DocumentSize() {}

  static <T> Outcome<T> tooLarge(String place) {
    return new Outcome.Bad<>(
        place, "a document of more than " + MAX_BYTES + " bytes", "a smaller one");
  }
}
