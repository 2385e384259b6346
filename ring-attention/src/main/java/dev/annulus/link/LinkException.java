package dev.annulus.link;

/**
 * A peer did not do its part. The message names this rank, the peer, the message (with its step)
 * and the reason; the step cannot be finished, and the link is of no further use.
 */
public final class LinkException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why an exchange failed. */
  public enum Reason {
    TIMEOUT,
    PEER_GONE,
    PROTOCOL,
    CANCELLED
  }

  private final Reason reason;

  public LinkException(Reason reason, int rank, int peer, MessageTag tag, String detail) {
    super("rank " + rank + ", peer " + peer + ", " + tag + ": " + detail);
    this.reason = reason;
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }
}
