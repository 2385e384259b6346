package dev.annulus.data.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class MinHashTest {
  private static int[] random(SplittableRandom random, int length) {
    return random.ints(length, 0, 1000).toArray();
  }

  @Test
  void likenessIsEstimated() {
    SplittableRandom random = new SplittableRandom(5);
    for (double kept : new double[] {0.9, 0.6, 0.3}) {
      double sum = 0;
      for (int pair = 0; pair < 60; pair++) {
        int[] a = random(random, 2000);
        int[] b = a.clone();
        int from = (int) (kept * a.length);
        System.arraycopy(random(random, a.length - from), 0, b, from, a.length - from);
        sum += MinHash.similarity(MinHash.signature(a), MinHash.signature(b));
      }
      // Sets of n runs of which a share k is common: k / (2 - k).
      assertThat(sum / 60).as("kept %s", kept).isEqualTo(kept / (2 - kept), within(0.05));
    }
  }

  @Test
  void shortDocumentsAndEmptyOnesHaveSignaturesToo() {
    int[] few = {1, 2, 3};
    assertThat(MinHash.similarity(MinHash.signature(few), MinHash.signature(few.clone())))
        .isEqualTo(1);
    assertThat(MinHash.similarity(MinHash.signature(few), MinHash.signature(new int[] {1, 2, 4})))
        .isLessThan(0.5);
    assertThat(MinHash.signature(new int[0])).isEmpty();
    assertThat(MinHash.bands(new byte[0])).isEmpty();
  }

  @Test
  void likeDocumentsShareABandAndOthersDoNot() {
    SplittableRandom random = new SplittableRandom(8);
    int shared = 0;
    for (int pair = 0; pair < 100; pair++) {
      int[] a = random(random, 1000);
      int[] b = a.clone();
      b[500]++;
      shared += share(a, b) ? 1 : 0;
      assertThat(share(a, random(random, 1000))).isFalse();
    }
    assertThat(shared).isGreaterThan(95);
  }

  private static boolean share(int[] a, int[] b) {
    long[] left = MinHash.bands(MinHash.signature(a));
    long[] right = MinHash.bands(MinHash.signature(b));
    return LongStream.of(left).anyMatch(one -> LongStream.of(right).anyMatch(two -> one == two));
  }
}
