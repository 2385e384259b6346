package dev.annulus.link;

import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * One worker's place on the network, opened before the workers know each other: the address it
 * gives is told to all ranks, and then {@link #connect} makes the link. There is one implementation
 * per transport. Belongs to one thread.
 */
public interface Endpoint extends AutoCloseable {
  /** What all ranks must be told, in the order of their ranks: one line of text, opaque. */
  String address();

  /**
   * Connects to all ranks, and waits until the neighbours of this rank have announced themselves.
   * All ranks connect at the same time, each once.
   *
   * @param rank this worker
   * @param addresses one a rank, this worker's own among them
   * @param runId the run; frames of others are refused
   * @param epoch the attempt; frames of others are refused
   * @param cancelled asked while waiting; once true, every wait ends with CANCELLED
   * @throws LinkException if the addresses are not those of one world, or a neighbour does not
   *     answer before the deadline
   * @throws IllegalStateException if it was connected or closed before
   */
  Link connect(int rank, List<String> addresses, long runId, int epoch, BooleanSupplier cancelled);

  /** Closes the link too. */
  @Override
  void close();
}
