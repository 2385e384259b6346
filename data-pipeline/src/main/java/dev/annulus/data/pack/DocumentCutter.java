package dev.annulus.data.pack;

import dev.annulus.config.DataSettings.LossNormalization;
import dev.annulus.config.DataSettings.SplitPositions;
import dev.annulus.data.document.DocumentTokens;
import dev.annulus.data.document.TokenMarks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A document to the pieces that are packed. The last token of a piece keeps its target, the first
 * token of the next, so that no target is lost at a cut.
 */
public record DocumentCutter(PackingSettings settings) {
  /** Pieces of at most a row's length, in order; none of a document that is left out. */
  public List<Piece> cut(DocumentTokens document) {
    int end = settings.keptOf(document.ids().length);
    int length = settings.sequenceLength();
    float weight = weight(document, end);
    List<Piece> pieces = new ArrayList<>();
    for (int from = 0; from < end; ) {
      int to = (int) Math.min(end, (long) from + length);
      boolean continued = to < end;
      pieces.add(
          new Piece(
              Arrays.copyOfRange(document.ids(), from, to),
              document.marks().length == 0
                  ? document.marks()
                  : Arrays.copyOfRange(document.marks(), from, to),
              settings.splitPositions() == SplitPositions.KEEP ? from : 0,
              continued ? document.ids()[to] : -1,
              continued ? mark(document, to) : 0,
              weight));
      from = to;
    }
    return pieces;
  }

  /** Targets of the first {@code end} tokens that are learned. */
  static int learnedTargets(DocumentTokens document, int end) {
    if (document.marks().length == 0) {
      return Math.max(0, end - 1);
    }
    int learned = 0;
    for (int t = 1; t < end; t++) {
      learned += TokenMarks.isLearned(document.marks()[t]) ? 1 : 0;
    }
    return learned;
  }

  /** Computed once over the whole document, however it is cut. */
  private float weight(DocumentTokens document, int end) {
    if (settings.lossNormalization() == LossNormalization.TOKEN) {
      return 1;
    }
    int targets = learnedTargets(document, end);
    return targets == 0 ? 0 : (float) (1.0 / targets);
  }

  /** Adds the weight of each modality's targets, before any factor, to {@code sums}. */
  public void addWeights(DocumentTokens document, int copies, double[] sums) {
    int end = settings.keptOf(document.ids().length);
    double weight = (double) copies * weight(document, end);
    for (int t = 1; t < end; t++) {
      byte mark = mark(document, t);
      sums[TokenMarks.modality(mark)] += TokenMarks.isLearned(mark) ? weight : 0;
    }
  }

  private static byte mark(DocumentTokens document, int token) {
    return document.marks().length == 0 ? 0 : document.marks()[token];
  }
}
