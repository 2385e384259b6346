package dev.annulus.device;

/** A device has not enough memory for a tensor. */
public final class DeviceMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DeviceMemoryException(String message, Throwable cause) {
    super(message, cause);
  }
}
