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

  /**
   * As {@link #await}, for at most so long at a time: whoever has others to serve meanwhile calls
   * it again. The link's deadline counts all such waits for this message together.
   *
   * @return whether the message is over
   */
  boolean await(long atMostNs);
}
