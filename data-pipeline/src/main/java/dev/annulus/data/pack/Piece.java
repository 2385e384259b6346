package dev.annulus.data.pack;

import dev.annulus.data.document.TokenMarks;

/**
 * A run of one document's tokens that stands in one row as a segment of its own: what the packer
 * moves about, whole.
 *
 * @param ids its tokens
 * @param marks theirs, as {@link TokenMarks} says, or empty
 * @param position position id of the first token
 * @param nextId the document's next token, which the last one here predicts; -1 if there is none
 * @param nextMark its mark
 * @param weight of each target that is learned, before its modality's factor
 */
public record Piece(
    int[] ids, byte[] marks, int position, int nextId, byte nextMark, float weight) {
  /** Number of tokens; at least 1. */
  public int length() {
    return ids.length;
  }

  /** Number of tokens that have a next one to predict. */
  int targets() {
    return nextId < 0 ? ids.length - 1 : ids.length;
  }

  private float weightOf(byte mark, ModalityFactors factors) {
    return TokenMarks.isLearned(mark) ? weight * factors.of(TokenMarks.modality(mark)) : 0;
  }

  /** Writes the piece into a row at {@code offset} under {@code number}. */
  void writeTo(PackedRow row, int offset, int number, ModalityFactors factors) {
    int length = ids.length;
    int targets = targets();
    System.arraycopy(ids, 0, row.inputIds(), offset, length);
    System.arraycopy(ids, 1, row.targetIds(), offset, length - 1);
    float plain = weightOf((byte) 0, factors);
    for (int i = 0; i < length; i++) {
      row.segmentIds()[offset + i] = number;
      row.positionIds()[offset + i] = position + i;
      if (i + 1 < length) {
        row.lossWeights()[offset + i] = marks.length == 0 ? plain : weightOf(marks[i + 1], factors);
      }
    }
    if (targets == length) {
      row.targetIds()[offset + length - 1] = nextId;
      row.lossWeights()[offset + length - 1] = weightOf(nextMark, factors);
    }
    if (row.modalityIds().length > 0 && marks.length > 0) {
      for (int i = 0; i < length; i++) {
        row.modalityIds()[offset + i] = TokenMarks.modality(marks[i]);
      }
    }
  }
}
