package dev.annulus.device.cuda;

/** There is no GPU here that this program can use. */
public final class CudaUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String reason;
  private final String advice;

  /**
   * @param reason what was looked for and not found
   * @param advice what to do
   */
  public CudaUnavailableException(String reason, String advice, Throwable cause) {
    super(reason + "; " + advice, cause);
    this.reason = reason;
    this.advice = advice;
  }

  /** What was looked for and not found. */
  public String reason() {
    return reason;
  }

  /** What to do. */
  public String advice() {
    return advice;
  }
}
