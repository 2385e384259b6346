package dev.annulus.data.read;

import dev.annulus.data.pack.PackedRow;

/** Packed rows by number. Used by one thread. */
public interface PackedRows extends AutoCloseable {
  /** Number of rows; at least 1. */
  int size();

  /** Tokens of every row. */
  int sequenceLength();

  /**
   * Row {@code index}, from 0.
   *
   * @throws dev.annulus.config.InvalidInputException if the file is damaged; names it
   */
  PackedRow row(int index);

  @Override
  void close();
}
