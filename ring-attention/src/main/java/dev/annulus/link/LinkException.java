package dev.annulus.link;

/**
 * A peer did not do its part. The message names this rank, the peer, the message (with its step)
 * and the reason; the step cannot be finished, and the link is of no further use.
 */
public final class LinkException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why an exchange failed. */
  public enum Reason {
    /** Nothing came, or nothing was taken, until the deadline. */
    TIMEOUT,
    /** The peer has closed its end, or died. */
    PEER_GONE,
    /** Something else came than was awaited, or a peer is not one to talk to. */
    PROTOCOL,
    /** The run was cancelled, or this end was closed. */
    CANCELLED,
    /** The transport on this side failed: no memory for its files, or it was stopped. */
    TRANSPORT
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
