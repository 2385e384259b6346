package dev.annulus.attention;

import dev.annulus.layout.Documents;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Masks for tests, made from lengths of documents. */
public final class Masks {
  private Masks() {}

  /** One packed row against itself; a negative length is that much padding. */
  public static VisibleKeys documents(int... lengths) {
    int tokens = IntStream.of(lengths).map(Math::abs).sum();
    int[] all = IntStream.range(0, tokens).toArray();
    return VisibleKeys.between(all, all, firstVisible(lengths));
  }

  /** For each token the first key it sees; padding (negative lengths) sees nothing. */
  public static int[] firstVisible(int... lengths) {
    List<Integer> segments = new ArrayList<>();
    int document = 0;
    for (int length : lengths) {
      int segment = length > 0 ? ++document : 0;
      for (int i = 0; i < Math.abs(length); i++) {
        segments.add(segment);
      }
    }
    return Documents.ofSegmentIds(segments.stream().mapToInt(i -> i).toArray()).firstVisible();
  }

  /** Lengths that sum to {@code tokens}, some of them padding at the end. */
  public static int[] randomLengths(Random random, int tokens) {
    List<Integer> lengths = new ArrayList<>();
    int left = tokens;
    while (left > 0) {
      int length = Math.min(left, 1 + random.nextInt(Math.max(1, tokens / 2)));
      lengths.add(length);
      left -= length;
    }
    if (random.nextBoolean()) {
      lengths.set(lengths.size() - 1, -lengths.getLast());
    }
    return lengths.stream().mapToInt(i -> i).toArray();
  }
}
