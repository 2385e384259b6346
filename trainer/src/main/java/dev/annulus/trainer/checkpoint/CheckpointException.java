package dev.annulus.trainer.checkpoint;

/** A checkpoint or result could not be written: a full disk, a lost mount, missing rights. */
public final class CheckpointException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CheckpointException(String message, Throwable cause) {
    super(message, cause);
  }
}
