package dev.annulus.device.cpu;

/** OpenBLAS cannot be loaded on this machine. */
public final class OpenBlasException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public OpenBlasException(String message, Throwable cause) {
    super(message, cause);
  }
}
