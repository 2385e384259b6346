package dev.annulus.trainer.train;

/** Workers of one run do not agree about what they run. */
public final class RankDisagreementException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RankDisagreementException(String message) {
    super(message);
  }
}
