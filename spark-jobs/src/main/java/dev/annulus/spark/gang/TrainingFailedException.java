package dev.annulus.spark.gang;

/** A run ended before its last step, and not because of its input. */
public final class TrainingFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TrainingFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
