package dev.annulus.link;

/**
 * A transport cannot start on this machine: no room for its files, no socket. The message names
 * what was found, what is needed and where.
 */
public final class TransportUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public TransportUnavailableException(String message) {
    super(message);
  }

  public TransportUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
