package dev.annulus.data.pack;

import dev.annulus.config.DataSettings.LossNormalization;
import dev.annulus.config.DataSettings.SplitPositions;
import dev.annulus.data.document.DocumentTokens;
import dev.annulus.data.document.TokenMarks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A document to the pieces that are packed. The last token of a piece keeps its target, the first
 * token of the next, so that no target is lost at a cut.
 */
public record DocumentCutter(PackingSettings settings) {
  /** Ids of a document's tokens; an enormous one is decoded piece by piece. */
  @FunctionalInterface
  public interface Ids {
    /** Those of tokens {@code from} (inclusive) to {@code to} (exclusive), in a new array. */
    int[] range(int from, int to);
  }

  /** Pieces of at most a row's length, in order; none of a document that is left out. */
  public List<Piece> cut(DocumentTokens document) {
    int[] ids = document.ids();
    List<Piece> pieces = new ArrayList<>();
    cut(ids.length, document.marks(), (from, to) -> Arrays.copyOfRange(ids, from, to))
        .forEachRemaining(pieces::add);
    return pieces;
  }

  /**
   * The same pieces, each made when it is asked for.
   *
   * @param tokens of the document
   * @param marks one a token, or empty
   */
  public Iterator<Piece> cut(int tokens, byte[] marks, Ids ids) {
    int end = settings.keptOf(tokens);
    int length = settings.sequenceLength();
    float weight = weight(marks, end);
    return IntStream.range(0, Math.ceilDiv(end, length))
        .mapToObj(
            index -> {
              int from = index * length;
              int to = (int) Math.min(end, (long) from + length);
              boolean continued = to < end;
              return new Piece(
                  ids.range(from, to),
                  marks.length == 0 ? marks : Arrays.copyOfRange(marks, from, to),
                  settings.splitPositions() == SplitPositions.KEEP ? from : 0,
                  continued ? ids.range(to, to + 1)[0] : -1,
                  continued ? mark(marks, to) : 0,
                  weight);
            })
        .iterator();
  }

  /** Targets of the first {@code end} tokens that are learned. */
  static int learnedTargets(byte[] marks, int end) {
    if (marks.length == 0) {
      return Math.max(0, end - 1);
    }
    int learned = 0;
    for (int t = 1; t < end; t++) {
      learned += TokenMarks.isLearned(marks[t]) ? 1 : 0;
    }
    return learned;
  }

  /** Computed once over the whole document, however it is cut. */
  private float weight(byte[] marks, int end) {
    if (settings.lossNormalization() == LossNormalization.TOKEN) {
      return 1;
    }
    int targets = learnedTargets(marks, end);
    return targets == 0 ? 0 : (float) (1.0 / targets);
  }

  /**
   * Adds the weight of each modality's targets, before any factor, to {@code sums}.
   *
   * @param tokens of the document
   * @param marks one a token, or empty
   */
  public void addWeights(int tokens, byte[] marks, int copies, double[] sums) {
    int end = settings.keptOf(tokens);
    double weight = (double) copies * weight(marks, end);
    for (int t = 1; t < end; t++) {
      byte mark = mark(marks, t);
      sums[TokenMarks.modality(mark)] += TokenMarks.isLearned(mark) ? weight : 0;
    }
  }

  private static byte mark(byte[] marks, int token) {
    return marks.length == 0 ? 0 : marks[token];
  }
}
