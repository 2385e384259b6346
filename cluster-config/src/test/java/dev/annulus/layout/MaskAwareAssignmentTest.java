package dev.annulus.layout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.config.ParallelSettings.Layout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MaskAwareAssignmentTest {
  private static final int MILLION = 1 << 20;

  /** Visible pairs of the rank with the most of them, over the mean. */
  private static double worstOverMean(SequenceLayout layout, Documents documents) {
    long[] areas = new long[layout.ranks()];
    for (Range document : documents.ranges()) {
      layout.forEachRun(
          document,
          (rank, first, stride, count) -> {
            long seenByFirst = first - document.start() + 1L;
            areas[rank] += count * seenByFirst + stride * (count * (count - 1L) / 2);
          });
    }
    long worst = 0;
    double sum = 0;
    for (long area : areas) {
      worst = Math.max(worst, area);
      sum += area;
    }
    return worst * areas.length / sum;
  }

  @ParameterizedTest
  @CsvSource({
    "8,1024,1.2",
    "16,1024,1.2",
    "32,1024,1.2",
    "64,1024,1.2",
    "8,1024,1.8",
    "64,1024,1.8",
    "64,1024,2.4",
    "8,65536,2",
    "64,65536,2",
    "64,64,1.2",
    "64,16,0.5"
  })
  void theWorkOfDocumentsIsEven(int ranks, double median, double sigma) {
    for (long seed = 0; seed < 5; seed++) {
      Documents documents = RandomDocuments.logNormal(new Random(seed), MILLION, median, sigma);
      SequenceLayout layout = Layouts.of(Layout.MASK_AWARE, documents, ranks);
      assertThat(worstOverMean(layout, documents)).as("seed %d", seed).isLessThan(1.05);
      for (int rank = 0; rank < ranks; rank++) {
        assertThat(layout.tokensOf(rank)).isEqualTo(MILLION / ranks);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"4,1000", "8,65536", "64,1048576", "7,12345"})
  void oneDocumentIsEvenToo(int ranks, int length) {
    Documents documents = Documents.single(length);
    assertThat(worstOverMean(Layouts.of(Layout.MASK_AWARE, documents, ranks), documents))
        .isLessThan(1.01);
  }

  @Test
  void zigzagIsNotForDocuments() {
    // The mirror image of what the layout is for: without it the test above would say little.
    Documents documents = RandomDocuments.logNormal(new Random(1), MILLION, 1024, 1.8);
    assertThat(worstOverMean(Layouts.of(Layout.ZIGZAG, documents, 64), documents))
        .isGreaterThan(1.5);
  }

  @Test
  void aDocumentStaysTogetherWhereTheWorkAllowsIt() {
    // Documents of equal length on chunk edges: every rank can hold whole documents.
    int chunk = 256;
    Documents documents =
        new Documents(
            64 * chunk,
            java.util.stream.IntStream.range(0, 16)
                .mapToObj(i -> new Range(4 * i * chunk, 4 * (i + 1) * chunk))
                .toList());
    SequenceLayout layout = Layouts.of(Layout.MASK_AWARE, documents, 4);
    assertThat(worstOverMean(layout, documents)).isLessThan(1.05);
  }

  @Test
  void paddingAloneIsDealtOut() {
    SequenceLayout layout = Layouts.of(Layout.MASK_AWARE, new Documents(4096, List.of()), 4);
    for (int rank = 0; rank < 4; rank++) {
      assertThat(layout.tokensOf(rank)).isEqualTo(1024);
    }
  }

  @Test
  void theSameDocumentsGiveTheSameLayout() {
    Documents documents = RandomDocuments.logNormal(new Random(5), 65536, 512, 1.2);
    assertThat(Layouts.of(Layout.MASK_AWARE, documents, 8))
        .isEqualTo(Layouts.of(Layout.MASK_AWARE, documents, 8));
  }
}
