package dev.annulus.trainer.train;

import dev.annulus.config.InvalidInputException;
import dev.annulus.data.read.PackedRows;
import dev.annulus.data.read.RowOrder;
import dev.annulus.data.read.RowPart;
import dev.annulus.data.read.RowShare;
import java.util.ArrayList;
import java.util.List;

/**
 * Which rows a step takes: positions (k-1) * sequencesPerStep onwards of the stage's order, k being
 * the step in the stage; ring d takes every D-th of them from the d-th, so the rows of a step do
 * not depend on the mesh.
 *
 * @param all numbers of the step's rows, in order
 * @param mine of those of this ring, what this worker holds of them
 */
record StepRows(int[] all, List<RowPart> mine) {
  StepRows {
    mine = List.copyOf(mine);
  }

  /**
   * Reads a worker's part of the rows of its ring.
   *
   * @param share which tokens of a row are the worker's
   * @param stepInStage from 1
   * @param ring index of this worker's ring
   * @param rings number of them
   * @param vocabulary token ids are below this
   * @throws InvalidInputException if a row holds another id
   */
  static StepRows read(
      PackedRows rows,
      RowOrder order,
      RowShare share,
      long stepInStage,
      int sequencesPerStep,
      int ring,
      int rings,
      int vocabulary) {
    int[] all = new int[sequencesPerStep];
    List<RowPart> mine = new ArrayList<>();
    for (int i = 0; i < sequencesPerStep; i++) {
      all[i] = order.rowAt((stepInStage - 1) * sequencesPerStep + i);
      if (i % rings == ring) {
        RowPart row = rows.part(all[i], share);
        checkIds(row, row.inputIds(), all[i], "input_ids", vocabulary);
        checkIds(row, row.targetIds(), all[i], "target_ids", vocabulary);
        mine.add(row);
      }
    }
    return new StepRows(all, mine);
  }

  /** Sum of the loss weights of this worker's tokens. */
  double weight() {
    return mine.stream().mapToDouble(RowPart::weight).sum();
  }

  /** This worker's tokens without padding. */
  long tokens() {
    long tokens = 0;
    for (RowPart row : mine) {
      for (int document : row.documentOfTokens()) {
        tokens += document < 0 ? 0 : 1;
      }
    }
    return tokens;
  }

  private static void checkIds(RowPart part, int[] ids, int row, String column, int vocabulary) {
    for (int t = 0; t < ids.length; t++) {
      if (ids[t] < 0 || ids[t] >= vocabulary) {
        throw new InvalidInputException(
            "packed row " + row + ", " + column + "[" + part.indices()[t] + "]",
            Integer.toString(ids[t]),
            "a token id from 0 to " + (vocabulary - 1) + ", the model's vocabulary");
      }
    }
  }
}
