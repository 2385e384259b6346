package dev.annulus.data.document;

/** A conversation that a template cannot write; it is the document's fault or the template's. */
public final class ChatException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final String expectation;

  /**
   * With the parts of a problem.
   *
   * @param value what is wrong
   * @param expectation what would be right
   */
  public ChatException(String value, String expectation) {
    super(value, null, false, false);
    this.expectation = expectation;
  }

  /** What would be right. */
  public String expectation() {
    return expectation;
  }
}
