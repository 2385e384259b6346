package dev.annulus.data.source;

/** A file has no such column, or one of another type. */
final class UnfitColumnException extends Exception {
  private static final long serialVersionUID = 1L;
  private final String expectation;

  UnfitColumnException(String value, String expectation) {
    super(value);
    this.expectation = expectation;
  }

  String expectation() {
    return expectation;
  }
}
