package dev.annulus.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class DocumentsTest {
  @Test
  void oneDocumentFillsTheRow() {
    assertThat(Documents.single(5).ranges()).isEqualTo(List.of(new Range(0, 5)));
    assertThat(Documents.single(5).firstVisible()).containsOnly(0).hasSize(5);
  }

  @Test
  void segmentIdsBecomeRangesAndPaddingSeesNothing() {
    Documents documents = Documents.ofSegmentIds(new int[] {1, 1, 2, 0, 0, 3});
    assertThat(documents)
        .isEqualTo(new Documents(6, List.of(new Range(0, 2), new Range(2, 3), new Range(5, 6))));
    assertThat(documents.firstVisible()).containsExactly(0, 0, 2, 6, 6, 5);
  }

  @Test
  void aRowOfPaddingHoldsNoDocument() {
    assertThat(Documents.ofSegmentIds(new int[3])).isEqualTo(new Documents(3, List.of()));
  }

  @Test
  void aRowOfNoTokensHoldsNoDocument() {
    assertThat(Documents.ofSegmentIds(new int[0])).isEqualTo(new Documents(0, List.of()));
  }

  @Test
  void whatAQuerySeesIsWhatItsSegmentIdSays() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int trial = 0; trial < 200; trial++) {
      int[] segmentIds = new int[1 + random.nextInt(40)];
      int next = 1;
      for (int t = 0; t < segmentIds.length; ) {
        int id = random.nextInt(4) == 0 ? 0 : next++;
        for (int end = Math.min(segmentIds.length, t + 1 + random.nextInt(9)); t < end; t++) {
          segmentIds[t] = id;
        }
      }
      int[] firstVisible = Documents.ofSegmentIds(segmentIds).firstVisible();
      for (int query = 0; query < segmentIds.length; query++) {
        for (int key = 0; key < segmentIds.length; key++) {
          boolean sees = firstVisible[query] <= key && key <= query;
          boolean shouldSee =
              key <= query && segmentIds[query] != 0 && segmentIds[key] == segmentIds[query];
          assertThat(sees).as("seed %d, query %d, key %d", seed, query, key).isEqualTo(shouldSee);
        }
      }
    }
  }

  @Test
  void documentsThatOverlapOrAreEmptyOrLeaveTheRowAreRefused() {
    for (List<Range> wrong :
        List.of(
            List.of(new Range(0, 3), new Range(2, 4)),
            List.of(new Range(2, 4), new Range(0, 2)),
            List.of(new Range(1, 1)),
            List.of(new Range(3, 6)))) {
      assertThatThrownBy(() -> new Documents(5, wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("documents of a row of 5");
    }
  }

  @Test
  void rangesAreCopied() {
    List<Range> ranges = new java.util.ArrayList<>(List.of(new Range(0, 1)));
    Documents documents = new Documents(4, ranges);
    ranges.add(new Range(1, 2));
    assertThat(documents.ranges()).isEqualTo(List.of(new Range(0, 1)));
  }
}
