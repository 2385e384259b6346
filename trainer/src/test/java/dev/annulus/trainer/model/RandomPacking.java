package dev.annulus.trainer.model;

import dev.annulus.config.DataSettings.LongDocuments;
import dev.annulus.config.DataSettings.LossNormalization;
import dev.annulus.config.DataSettings.SplitPositions;
import dev.annulus.config.ModalitySettings;
import dev.annulus.data.document.DocumentTokens;
import dev.annulus.data.document.TokenMarks;
import dev.annulus.data.pack.DocumentCutter;
import dev.annulus.data.pack.ModalityFactors;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.data.pack.PackingPass;
import dev.annulus.data.pack.PackingSettings;
import dev.annulus.data.pack.Piece;
import dev.annulus.data.pack.WindowPacker;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Random documents with random settings, once in the rows that the packer makes of them, and once
 * each segment in a row of its own, written from the documents by what the data format says.
 *
 * @param settings of the packing
 * @param packed rows of the packer, over all its passes
 * @param oneByOne a row for each segment, without padding
 */
record RandomPacking(PackingSettings settings, List<PackedRow> packed, List<PackedRow> oneByOne) {
  private static final List<ModalitySettings> KINDS =
      List.of(new ModalitySettings(0, "text", 1), new ModalitySettings(1, "image", 0.25));

  /** Documents of 1 to 40 tokens of the vocabulary, and rows of 16 to 47. */
  static RandomPacking of(long seed, int vocabSize) {
    SplittableRandom random = new SplittableRandom(seed);
    LongDocuments[] policies = {
      LongDocuments.SPLIT, LongDocuments.TRUNCATE, LongDocuments.DROP,
    };
    int length = random.nextInt(16, 48);
    PackingSettings settings =
        new PackingSettings(
            length,
            policies[random.nextInt(policies.length)],
            random.nextBoolean() ? SplitPositions.KEEP : SplitPositions.RESTART,
            random.nextBoolean() ? LossNormalization.EXAMPLE : LossNormalization.TOKEN,
            2L * length);
    List<DocumentTokens> documents = new ArrayList<>();
    // One that is in a row and has a target, whatever the others are.
    documents.add(new DocumentTokens("0", random.ints(9, 0, vocabSize).toArray()));
    for (int d = random.nextInt(4, 14); d > 0; d--) {
      int tokens = random.nextInt(1, random.nextInt(2, 41));
      int[] ids = random.ints(tokens, 0, vocabSize).toArray();
      documents.add(new DocumentTokens("" + d, ids, marks(tokens, random)));
    }
    return new RandomPacking(settings, pack(documents, settings), oneByOne(documents, settings));
  }

  /** None; or a prompt that is not learned, and some tokens of another kind. */
  private static byte[] marks(int tokens, SplittableRandom random) {
    byte[] marks = new byte[random.nextBoolean() ? tokens : 0];
    int prompt = random.nextInt(tokens);
    for (int t = 0; t < marks.length; t++) {
      marks[t] = TokenMarks.of(t >= prompt, random.nextInt(2));
    }
    return marks;
  }

  private static List<PackedRow> pack(List<DocumentTokens> documents, PackingSettings settings) {
    List<List<Piece>> windows = new ArrayList<>(List.of(new ArrayList<>()));
    long held = 0;
    for (DocumentTokens document : documents) {
      List<Piece> pieces = new DocumentCutter(settings).cut(document);
      windows.getLast().addAll(pieces);
      held += pieces.stream().mapToInt(Piece::length).sum();
      if (held >= settings.windowTokens()) {
        windows.add(new ArrayList<>());
        held = 0;
      }
    }
    List<PackedRow> rows = new ArrayList<>();
    while (!windows.isEmpty()) {
      boolean last = windows.size() == 1;
      List<List<Piece>> left = new ArrayList<>();
      for (List<Piece> window : windows) {
        WindowPacker packer =
            new WindowPacker(settings, ModalityFactors.fixed(KINDS), true, rows::add);
        window.forEach(packer::add);
        left.add(packer.finish(last));
      }
      long tokens = left.stream().flatMap(List::stream).mapToLong(Piece::length).sum();
      windows = last ? List.of() : PackingPass.merged(left, settings.windowsFor(tokens));
    }
    return rows;
  }

  private static List<PackedRow> oneByOne(
      List<DocumentTokens> documents, PackingSettings settings) {
    List<PackedRow> rows = new ArrayList<>();
    for (DocumentTokens document : documents) {
      int length = settings.sequenceLength();
      int end = document.ids().length;
      if (end > length) {
        end =
            switch (settings.longDocuments()) {
              case SPLIT -> end;
              case TRUNCATE -> length;
              case DROP, RAISE -> 0;
            };
      }
      double[] weights = weights(document, end, settings.lossNormalization());
      for (int from = 0; from < end; from += length) {
        int first = settings.splitPositions() == SplitPositions.KEEP ? from : 0;
        rows.add(segment(document.ids(), weights, from, Math.min(end, from + length), first));
      }
    }
    return rows;
  }

  /** Of each token as a target of the one before it. */
  private static double[] weights(
      DocumentTokens document, int end, LossNormalization normalization) {
    double[] weights = new double[end];
    int targets = 0;
    for (int t = 1; t < end; t++) {
      byte mark = document.marks().length == 0 ? 0 : document.marks()[t];
      if (TokenMarks.isLearned(mark)) {
        targets++;
        weights[t] = KINDS.get(TokenMarks.modality(mark)).loss();
      }
    }
    for (int t = 1; t < end && normalization == LossNormalization.EXAMPLE; t++) {
      weights[t] /= Math.max(1, targets);
    }
    return weights;
  }

  private static PackedRow segment(int[] ids, double[] weights, int from, int to, int position) {
    int length = to - from;
    PackedRow row =
        new PackedRow(
            new int[length], new int[length], new int[length], new int[length], new float[length]);
    for (int i = 0; i < length; i++) {
      row.inputIds()[i] = ids[from + i];
      row.segmentIds()[i] = 1;
      row.positionIds()[i] = position + i;
      if (from + i + 1 < weights.length) {
        row.targetIds()[i] = ids[from + i + 1];
        row.lossWeights()[i] = (float) weights[from + i + 1];
      }
    }
    return row;
  }
}
