package dev.annulus.data.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.config.DataSettings.LongDocuments;
import dev.annulus.config.DataSettings.LossNormalization;
import dev.annulus.config.DataSettings.SplitPositions;
import dev.annulus.config.ModalitySettings;
import dev.annulus.data.document.DocumentTokens;
import dev.annulus.data.document.TokenMarks;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Marks, modalities and positions of pieces, written out by hand. */
class DocumentCutterTest {
  private static final byte PROMPT = TokenMarks.of(false, 0);
  private static final byte TEXT = TokenMarks.of(true, 0);
  private static final byte IMAGE = TokenMarks.of(true, 1);

  private static PackedRow only(
      PackingSettings settings, ModalityFactors factors, DocumentTokens document) {
    return rows(settings, factors, document).getFirst();
  }

  private static List<PackedRow> rows(
      PackingSettings settings, ModalityFactors factors, DocumentTokens document) {
    List<PackedRow> rows = new ArrayList<>();
    WindowPacker packer = new WindowPacker(settings, factors, true, rows::add);
    new DocumentCutter(settings).cut(document).forEach(packer::add);
    assertThat(packer.finish(true)).isEmpty();
    return rows;
  }

  private static PackingSettings settings(
      int length, SplitPositions positions, LossNormalization loss) {
    return PackingSettings.of(length, LongDocuments.SPLIT, positions, loss);
  }

  @Test
  void onlyTargetsThatAreLearnedCount() {
    PackedRow row =
        only(
            settings(6, SplitPositions.RESTART, LossNormalization.EXAMPLE),
            ModalityFactors.NONE,
            new DocumentTokens(
                "d", new int[] {5, 6, 7, 8}, new byte[] {PROMPT, PROMPT, TEXT, TEXT}));
    assertThat(row.targetIds()).containsExactly(6, 7, 8, 0, 0, 0);
    assertThat(row.lossWeights()).containsExactly(0, .5f, .5f, 0, 0, 0);
  }

  @Test
  void aWeightIsOfTheWholeDocumentAndOfItsTargetsModality() {
    List<PackedRow> rows =
        rows(
            settings(2, SplitPositions.RESTART, LossNormalization.EXAMPLE),
            ModalityFactors.fixed(List.of(new ModalitySettings(1, "image", 3))),
            new DocumentTokens(
                "d", new int[] {5, 6, 7, 8}, new byte[] {PROMPT, TEXT, IMAGE, IMAGE}));
    float third = 1f / 3;
    assertThat(rows.get(0).lossWeights()).containsExactly(third, 3 * third);
    assertThat(rows.get(0).targetIds()).containsExactly(6, 7);
    assertThat(rows.get(0).modalityIds()).containsExactly(0, 0);
    assertThat(rows.get(1).lossWeights()).containsExactly(3 * third, 0);
    assertThat(rows.get(1).modalityIds()).containsExactly(1, 1);
  }

  @Test
  void laterPiecesKeepTheirPositionsWhereWanted() {
    DocumentTokens document = new DocumentTokens("d", new int[] {1, 2, 3, 4, 5});
    for (SplitPositions positions : SplitPositions.values()) {
      List<PackedRow> rows =
          rows(settings(3, positions, LossNormalization.TOKEN), ModalityFactors.NONE, document);
      boolean keep = positions == SplitPositions.KEEP;
      assertThat(rows.get(1).positionIds()).containsExactly(keep ? 3 : 0, keep ? 4 : 1, 0);
    }
  }

  @Test
  void sharesMakeModalitiesCountAsWanted() {
    double[] weights = new double[ModalitySettings.MAX_ID + 1];
    weights[0] = 90;
    weights[1] = 10;
    ModalityFactors factors =
        ModalityFactors.shares(
            List.of(new ModalitySettings(0, "text", .5), new ModalitySettings(1, "image", .5)),
            weights);
    assertThat(90 * factors.of(0)).isEqualTo(50, within(1e-4f));
    assertThat(10 * factors.of(1)).isEqualTo(50, within(1e-4f));
  }

  @Test
  void weightsAreAddedUpByModality() {
    double[] sums = new double[ModalitySettings.MAX_ID + 1];
    new DocumentCutter(settings(8, SplitPositions.RESTART, LossNormalization.TOKEN))
        .addWeights(4, new byte[] {IMAGE, IMAGE, TEXT, PROMPT}, 2, sums);
    assertThat(sums[0]).isEqualTo(2);
    assertThat(sums[1]).isEqualTo(2);
  }
}
