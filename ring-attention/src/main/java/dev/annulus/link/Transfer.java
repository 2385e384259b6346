package dev.annulus.link;

/** A message under way. The transport moves it while the caller computes. */
public interface Transfer {
  /** Whether {@link #await} would return at once. */
  boolean isDone();

  /**
   * Waits until the message has left its memory (sending) or lies in it (receiving).
   *
   * @return nanoseconds waited
   * @throws LinkException at the deadline, when the peer is gone, when something else arrived, or
   *     when the run was cancelled
   */
  long await();
}
