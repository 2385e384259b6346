package dev.annulus.ring;

/**
 * Rows of one block, keys and values or the gradients of both, that one rank sends another. Each
 * range is a message for the keys and one for the values.
 *
 * @param owner whose block it is
 * @param from who sends
 * @param to who receives
 * @param rows local rows of the owner; if there are none, nothing is sent
 */
public record Shipment(int owner, int from, int to, RowRanges rows) {
  /** Whether nothing is sent. */
  public boolean isEmpty() {
    return rows.isEmpty();
  }

  /** Number of messages. */
  public int messages() {
    return 2 * rows.ranges();
  }
}
