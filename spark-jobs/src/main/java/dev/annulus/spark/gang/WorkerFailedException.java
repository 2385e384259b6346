package dev.annulus.spark.gang;

/** A worker left its step; Spark then stops the others. The driver was told why. */
final class WorkerFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  WorkerFailedException(WorkerFailure failure, Throwable cause) {
    super("rank " + failure.rank() + ": " + failure.message(), cause);
  }
}
