package dev.annulus.link;

import java.lang.foreign.MemorySegment;

/**
 * One worker's end of the network. Between an ordered pair of workers messages keep their order: a
 * receiver names them in the order in which the sender sends them, and a message with another tag
 * or length than the one named is an error. Transfers proceed while the caller computes. Each end
 * belongs to one thread. Sending to oneself is not allowed.
 */
public interface Link extends AutoCloseable {
  /** This worker, from 0. */
  int rank();

  /** Number of workers. */
  int size();

  /**
   * Starts to send; {@code bytes} (off-heap, not of a confined arena) must stay as they are until
   * the transfer is done. Empty messages are allowed. A link need not buffer: a send may be done
   * only when the peer receives it.
   */
  Transfer send(int peer, MessageTag tag, MemorySegment bytes);

  /**
   * Starts to receive exactly {@code bytes.byteSize()} bytes (off-heap, not of a confined arena).
   */
  Transfer receive(int peer, MessageTag tag, MemorySegment bytes);

  /** Counted since the link was opened. */
  LinkCounters counters();

  /**
   * Gives everything back. What peers still await from this end fails there with PEER_GONE, unless
   * it was sent.
   */
  @Override
  void close();
}
