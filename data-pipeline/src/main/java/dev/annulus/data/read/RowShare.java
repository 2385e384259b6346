package dev.annulus.data.read;

import dev.annulus.layout.Documents;

/**
 * Which tokens of a row a worker wants, once it is known where the row's documents stand: a layout
 * may depend on them.
 */
@FunctionalInterface
public interface RowShare {
  /** Indices of tokens in the row, ascending. */
  int[] of(Documents documents);
}
