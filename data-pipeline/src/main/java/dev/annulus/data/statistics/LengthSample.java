package dev.annulus.data.statistics;

import java.io.Serializable;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * Lengths of documents drawn at random: those with the smallest draws, so that the sample does not
 * depend on who saw which. Used by one thread.
 */
public final class LengthSample implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int SIZE = 20_000;

  private record Drawn(long draw, int length) implements Serializable {}

  private static final Comparator<Drawn> LARGEST_FIRST = new LargestFirst();

  private static final class LargestFirst implements Comparator<Drawn>, Serializable {
    private static final long serialVersionUID = 1L;

    @Override
    public int compare(Drawn a, Drawn b) {
      int byDraw = Long.compareUnsigned(b.draw, a.draw);
      return byDraw != 0 ? byDraw : Integer.compare(b.length, a.length);
    }
  }

  private final PriorityQueue<Drawn> drawn = new PriorityQueue<>(LARGEST_FIRST);
  private boolean whole = true;

  /**
   * A document.
   *
   * @param draw uniform, of the document alone
   */
  public void add(long draw, int length) {
    add(new Drawn(draw, length));
  }

  private void add(Drawn one) {
    drawn.add(one);
    if (drawn.size() > SIZE) {
      drawn.poll();
      whole = false;
    }
  }

  /** Adds what another one has drawn. */
  public void merge(LengthSample other) {
    whole &= other.whole;
    other.drawn.forEach(this::add);
  }

  /** Whether every document is in it. */
  public boolean isWhole() {
    return whole;
  }

  /** The lengths, in no order that means anything. */
  public int[] lengths() {
    return drawn.stream().mapToInt(Drawn::length).toArray();
  }
}
