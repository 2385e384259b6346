package dev.annulus.collective;

import java.util.Arrays;

/**
 * A row of numbers cut into one part a rank, in the order of the ranks: rank r owns the numbers
 * from {@link #from} to before {@code from(r + 1)}. Parts may differ in length and be empty. Counts
 * numbers, not bytes.
 */
public final class Parts {
  /** Where each part begins, and the end of the last. */
  private final long[] bounds;

  private Parts(long[] bounds) {
    this.bounds = bounds;
  }

  /**
   * As even as whole numbers get: lengths differ by one at most, the longer ones first.
   *
   * @throws IllegalArgumentException if {@code numbers} is negative or {@code parts} not positive
   */
  public static Parts even(long numbers, int parts) {
    if (numbers < 0 || parts < 1) {
      throw new IllegalArgumentException(
          numbers + " numbers in " + parts + " parts, expected 0 or more in 1 or more");
    }
    long[] lengths = new long[parts];
    for (int part = 0; part < parts; part++) {
      lengths[part] = numbers / parts + (part < numbers % parts ? 1 : 0);
    }
    return of(lengths);
  }

  /**
   * Parts of these lengths.
   *
   * @throws IllegalArgumentException if there is none or one is negative
   */
  public static Parts of(long... lengths) {
    if (lengths.length == 0 || Arrays.stream(lengths).anyMatch(length -> length < 0)) {
      throw new IllegalArgumentException(
          "parts of " + Arrays.toString(lengths) + " numbers, expected one or more, none negative");
    }
    long[] bounds = new long[lengths.length + 1];
    for (int part = 0; part < lengths.length; part++) {
      bounds[part + 1] = bounds[part] + lengths[part];
    }
    return new Parts(bounds);
  }

  /** How many parts. */
  public int count() {
    return bounds.length - 1;
  }

  /** The numbers of all parts together. */
  public long total() {
    return bounds[bounds.length - 1];
  }

  /** The first number of {@code part}. */
  public long from(int part) {
    return bounds[part];
  }

  /** How many numbers {@code part} has. */
  public long length(int part) {
    return bounds[part + 1] - bounds[part];
  }

  /** Refuses a buffer or a world that these parts do not fit. */
  void check(long bytes, int numberBytes, int ranks) {
    if (count() != ranks || numberBytes < 1 || total() * numberBytes != bytes) {
      throw new IllegalArgumentException(
          "a buffer of "
              + bytes
              + " bytes over "
              + ranks
              + " ranks, expected one of "
              + count()
              + " parts, together "
              + total()
              + " numbers of "
              + numberBytes
              + " bytes");
    }
  }

  @Override
  public String toString() {
    return "parts from " + Arrays.toString(bounds);
  }
}
