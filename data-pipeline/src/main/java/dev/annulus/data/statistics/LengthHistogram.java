package dev.annulus.data.statistics;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * How many documents of which length there are, and how many tokens they have together. Lengths up
 * to 128 are exact, longer ones fall into 64 classes an octave, so a percentile is right within 1.6
 * %. Merged by adding; used by one thread.
 */
public final class LengthHistogram implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int SUB_BITS = 6;
  private static final int EXACT = 1 << (SUB_BITS + 1);
  private static final int CLASSES = EXACT + ((Integer.SIZE - 2 - SUB_BITS) << SUB_BITS);

  private final long[] documents = new long[CLASSES];
  private final long[] tokens = new long[CLASSES];
  private long count;
  private long sum;
  private int largest;

  /** Documents of at least {@code from} tokens, and fewer than {@code to}. */
  public record Bar(long from, long to, long documents, long tokens) {}

  /** A document. */
  public void add(int length) {
    documents[classOf(length)]++;
    tokens[classOf(length)] += length;
    count++;
    sum += length;
    largest = Math.max(largest, length);
  }

  /** Adds what another one has counted. */
  public void merge(LengthHistogram other) {
    for (int c = 0; c < CLASSES; c++) {
      documents[c] += other.documents[c];
      tokens[c] += other.tokens[c];
    }
    count += other.count;
    sum += other.sum;
    largest = Math.max(largest, other.largest);
  }

  /** Number of documents. */
  public long documents() {
    return count;
  }

  /** Their tokens. */
  public long tokens() {
    return sum;
  }

  /** Tokens of the longest. */
  public int largest() {
    return largest;
  }

  /**
   * The length that this share of the documents does not exceed; 0 where there are none.
   *
   * @param share from 0 to 1
   */
  public long percentile(double share) {
    long wanted = (long) Math.ceil(share * count);
    long seen = 0;
    for (int c = 0; c < CLASSES; c++) {
      seen += documents[c];
      if (seen >= wanted && seen > 0) {
        return Math.min(largest, firstOf(c + 1) - 1);
      }
    }
    return largest;
  }

  /** The whole by powers of two, from the first that holds anything to the last. */
  public List<Bar> byOctave() {
    List<Bar> bars = new ArrayList<>();
    for (long from = 0, to = 1; from <= largest; from = to, to *= 2) {
      long inside = 0;
      long insideTokens = 0;
      for (int c = classOf((int) from); c < CLASSES && firstOf(c) < to; c++) {
        inside += documents[c];
        insideTokens += tokens[c];
      }
      if (!bars.isEmpty() || inside > 0) {
        bars.add(new Bar(from, to, inside, insideTokens));
      }
    }
    return bars;
  }

  private static int classOf(int length) {
    if (length < EXACT) {
      return length;
    }
    int octave = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(length);
    int sub = (length >>> (octave - SUB_BITS)) & ((1 << SUB_BITS) - 1);
    return EXACT + ((octave - SUB_BITS - 1) << SUB_BITS) + sub;
  }

  /** The shortest length of a class. */
  private static long firstOf(int c) {
    if (c < EXACT) {
      return c;
    }
    int octave = ((c - EXACT) >> SUB_BITS) + SUB_BITS + 1;
    int sub = (c - EXACT) & ((1 << SUB_BITS) - 1);
    return (1L << octave) + ((long) sub << (octave - SUB_BITS));
  }
}
