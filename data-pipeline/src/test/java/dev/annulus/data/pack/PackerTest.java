package dev.annulus.data.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.DataSettings.LongDocuments;
import dev.annulus.config.DataSettings.LossNormalization;
import dev.annulus.config.DataSettings.SplitPositions;
import dev.annulus.data.document.DocumentTokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Small packings whose rows are written out by hand. */
class PackerTest {
  private final List<PackedRow> rows = new ArrayList<>();

  private PackingReport pack(
      int sequenceLength, LongDocuments policy, LossNormalization loss, int[]... documents) {
    rows.clear();
    List<DocumentTokens> list = new ArrayList<>();
    for (int[] ids : documents) {
      list.add(new DocumentTokens("doc:" + (list.size() + 1), ids));
    }
    return Packer.pack(
        list.iterator(),
        PackingSettings.of(sequenceLength, policy, SplitPositions.RESTART, loss),
        rows::add);
  }

  private PackingReport pack(int sequenceLength, LongDocuments policy, int[]... documents) {
    return pack(sequenceLength, policy, LossNormalization.TOKEN, documents);
  }

  private static int[] ids(int... ids) {
    return ids;
  }

  @Test
  void aRowHoldsWholeDocumentsLongestFirst() {
    PackingReport report =
        pack(
            8,
            LongDocuments.SPLIT,
            LossNormalization.EXAMPLE,
            ids(11, 12),
            ids(21, 22, 23, 24, 25));
    assertThat(rows).hasSize(1);
    PackedRow row = rows.getFirst();
    assertThat(row.inputIds()).containsExactly(21, 22, 23, 24, 25, 11, 12, 0);
    assertThat(row.targetIds()).containsExactly(22, 23, 24, 25, 0, 12, 0, 0);
    assertThat(row.segmentIds()).containsExactly(1, 1, 1, 1, 1, 2, 2, 0);
    assertThat(row.positionIds()).containsExactly(0, 1, 2, 3, 4, 0, 1, 0);
    assertThat(row.lossWeights()).containsExactly(.25f, .25f, .25f, .25f, 0, 1, 0, 0);
    assertThat(row.tokens()).isEqualTo(7);
    assertThat(report.paddingTokens()).isEqualTo(1);
    assertThat(report.efficiency()).isEqualTo(7. / 8);
    assertThat(report.targets()).isEqualTo(5);
  }

  @Test
  void splittingLosesNoTarget() {
    PackingReport report =
        pack(4, LongDocuments.SPLIT, LossNormalization.EXAMPLE, ids(1, 2, 3, 4, 5, 6), ids(9, 8));
    assertThat(rows).hasSize(2);
    assertThat(rows.get(0).inputIds()).containsExactly(1, 2, 3, 4);
    assertThat(rows.get(0).targetIds()).containsExactly(2, 3, 4, 5);
    assertThat(rows.get(0).lossWeights()).containsOnly(.2f);
    assertThat(rows.get(1).inputIds()).containsExactly(5, 6, 9, 8);
    assertThat(rows.get(1).targetIds()).containsExactly(6, 0, 8, 0);
    assertThat(rows.get(1).positionIds()).containsExactly(0, 1, 0, 1);
    assertThat(rows.get(1).segmentIds()).containsExactly(1, 1, 2, 2);
    assertThat(rows.get(1).lossWeights()).containsExactly(.2f, 0, 1, 0);
    assertThat(report.splitDocuments()).isEqualTo(1);
    assertThat(report.segments()).isEqualTo(3);
    assertThat(report.efficiency()).isEqualTo(1);
  }

  @Test
  void aDocumentOfJustARowIsNotSplit() {
    PackingReport report = pack(3, LongDocuments.RAISE, ids(1, 2, 3));
    assertThat(rows.getFirst().targetIds()).containsExactly(2, 3, 0);
    assertThat(report.splitDocuments()).isZero();
  }

  @Test
  void truncatingKeepsTheFirstRow() {
    PackingReport report =
        pack(3, LongDocuments.TRUNCATE, LossNormalization.EXAMPLE, ids(1, 2, 3, 4, 5));
    assertThat(rows).hasSize(1);
    assertThat(rows.getFirst().inputIds()).containsExactly(1, 2, 3);
    assertThat(rows.getFirst().targetIds()).containsExactly(2, 3, 0);
    assertThat(rows.getFirst().lossWeights()).containsExactly(.5f, .5f, 0);
    assertThat(report.lost())
        .containsOnlyKeys(LossReason.TRUNCATED)
        .containsValue(new PackingReport.Lost(1, 2));
    assertThat(report.summary()).contains("truncated: 1 documents, 2 tokens");
  }

  @Test
  void droppingAndEmptyDocumentsAreCounted() {
    PackingReport report = pack(3, LongDocuments.DROP, ids(1, 2, 3, 4), ids(), ids(7));
    assertThat(rows).hasSize(1);
    assertThat(rows.getFirst().inputIds()).containsExactly(7, 0, 0);
    assertThat(rows.getFirst().segmentIds()).containsExactly(1, 0, 0);
    assertThat(rows.getFirst().lossWeights()).containsOnly(0);
    assertThat(report.lost())
        .containsEntry(LossReason.TOO_LONG, new PackingReport.Lost(1, 4))
        .containsEntry(LossReason.EMPTY, new PackingReport.Lost(1, 0));
    assertThat(report.documents()).isEqualTo(3);
    assertThat(report.packedDocuments()).isEqualTo(1);
  }

  @Test
  void bestFitFillsTheTightestRow() {
    pack(10, LongDocuments.SPLIT, new int[7], new int[6], new int[4], new int[3]);
    assertThat(rows).hasSize(2).allSatisfy(row -> assertThat(row.tokens()).isEqualTo(10));
  }

  @Test
  void nothingGivesNoRows() {
    PackingReport report = pack(3, LongDocuments.SPLIT);
    assertThat(rows).isEmpty();
    assertThat(report.rows()).isZero();
    assertThat(report.efficiency()).isEqualTo(1);
  }

  @Test
  void aReportThatDoesNotAddUpCannotBeMade() {
    assertThatThrownBy(() -> new PackingReport(4, 1, 1, 5, 0, 0, 1, 4, 1, 3, 0, Map.of()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("5 tokens given");
  }

  @Test
  void rowsOfLengthOneHoldOneTokenEach() {
    PackingReport report = pack(1, LongDocuments.SPLIT, ids(5, 6, 7));
    assertThat(rows).hasSize(3);
    assertThat(rows.stream().map(row -> row.targetIds()[0])).containsExactly(6, 7, 0);
    assertThat(report.targets()).isEqualTo(2);
  }
}
