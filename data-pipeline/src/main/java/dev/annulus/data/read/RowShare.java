package dev.annulus.data.read;

import dev.annulus.layout.Documents;
import dev.annulus.layout.Range;
import java.util.List;

/**
 * Which tokens of a row a worker wants, once it is known where the row's documents stand: a layout
 * may depend on them.
 */
@FunctionalInterface
public interface RowShare {
  /** Ranges of the row, ascending and disjoint. */
  List<Range> of(Documents documents);
}
