package dev.annulus.data.read;

/**
 * Rows as they are stored, again and again.
 *
 * @param rows number of rows; at least 1
 */
public record SequentialRowOrder(int rows) implements RowOrder {
  public SequentialRowOrder {
    if (rows < 1) {
      throw new IllegalArgumentException(rows + " rows, expected at least 1");
    }
  }

  @Override
  public int rowAt(long position) {
    if (position < 0) {
      throw new IllegalArgumentException("position " + position + ", expected from 0");
    }
    return (int) (position % rows);
  }
}
