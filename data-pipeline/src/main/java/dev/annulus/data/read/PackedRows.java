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

  /**
   * A part of row {@code index}. What lies outside of it is not kept, and need not be decoded.
   *
   * @param share asked once, when the row's documents are known
   * @throws dev.annulus.config.InvalidInputException if the file is damaged; names it
   */
  default RowPart part(int index, RowShare share) {
    return RowPart.of(row(index), share);
  }

  @Override
  void close();
}
