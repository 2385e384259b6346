package dev.annulus.data.read;

/**
 * The order in which a run visits rows. A pure function of its number: the state of the reader is
 * one position.
 */
public interface RowOrder {
  /**
   * The row visited at {@code position} (from 0, without end: a new epoch begins after all rows
   * were visited once).
   */
  int rowAt(long position);
}
