package dev.annulus.trainer.train;

import dev.annulus.config.InvalidInputException;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.data.read.PackedRows;
import dev.annulus.data.read.RowOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Which rows a step takes: positions (k-1) * sequencesPerStep onwards of the stage's order, k being
 * the step in the stage; ring d takes every D-th of them from the d-th, so the rows of a step do
 * not depend on the mesh.
 *
 * @param all numbers of the step's rows, in order
 * @param mine those of this ring, read
 */
record StepRows(int[] all, List<PackedRow> mine) {
  StepRows {
    mine = List.copyOf(mine);
  }

  /**
   * Reads the rows of a ring.
   *
   * @param stepInStage from 1
   * @param ring index of this worker's ring
   * @param rings number of them
   * @param vocabulary token ids are below this
   * @throws InvalidInputException if a row holds another id
   */
  static StepRows read(
      PackedRows rows,
      RowOrder order,
      long stepInStage,
      int sequencesPerStep,
      int ring,
      int rings,
      int vocabulary) {
    int[] all = new int[sequencesPerStep];
    List<PackedRow> mine = new ArrayList<>();
    for (int i = 0; i < sequencesPerStep; i++) {
      all[i] = order.rowAt((stepInStage - 1) * sequencesPerStep + i);
      if (i % rings == ring) {
        PackedRow row = rows.row(all[i]);
        checkIds(row.inputIds(), all[i], "input_ids", vocabulary);
        checkIds(row.targetIds(), all[i], "target_ids", vocabulary);
        mine.add(row);
      }
    }
    return new StepRows(all, mine);
  }

  /** Sum of the loss weights of this ring's rows. */
  double weight() {
    double sum = 0;
    for (PackedRow row : mine) {
      for (float weight : row.lossWeights()) {
        sum += weight;
      }
    }
    return sum;
  }

  /** Tokens of this ring's rows without padding. */
  long tokens() {
    return mine.stream().mapToLong(PackedRow::tokens).sum();
  }

  private static void checkIds(int[] ids, int row, String column, int vocabulary) {
    for (int t = 0; t < ids.length; t++) {
      if (ids[t] < 0 || ids[t] >= vocabulary) {
        throw new InvalidInputException(
            "packed row " + row + ", " + column + "[" + t + "]",
            Integer.toString(ids[t]),
            "a token id from 0 to " + (vocabulary - 1) + ", the model's vocabulary");
      }
    }
  }
}
