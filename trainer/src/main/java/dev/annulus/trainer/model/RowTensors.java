package dev.annulus.trainer.model;

import dev.annulus.config.InvalidInputException;
import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;

/** The tokens of a {@link LocalRow} on the device. */
final class RowTensors {
  private final Tensor idMemory;
  private final Tensor targetMemory;
  private final Tensor weightMemory;
  private final Tensor lossMemory;
  private final int vocabSize;
  private LocalRow row;

  RowTensors(DeviceArena arena, int maxTokens, int vocabSize) {
    this.idMemory = arena.allocate(DataType.INT32, 1, maxTokens);
    this.targetMemory = arena.allocate(DataType.INT32, 1, maxTokens);
    this.weightMemory = arena.allocate(1, maxTokens);
    this.lossMemory = arena.allocate(1, maxTokens);
    this.vocabSize = vocabSize;
  }

  /** Copies the row to the device. */
  void load(LocalRow newRow, HostStaging staging) {
    checkIds("input", newRow.inputIds(), vocabSize);
    checkIds("target", newRow.targetIds(), vocabSize);
    row = newRow;
    staging.upload(row.inputIds(), ids());
    staging.upload(row.targetIds(), Views.prefix(targetMemory, 1, row.tokens()));
    staging.upload(row.lossWeights(), Views.prefix(weightMemory, 1, row.tokens()));
  }

  /**
   * Refuses ids that the tables of the model do not have: kernels would read memory that is not
   * theirs.
   */
  static void checkIds(String kind, int[] ids, int vocabSize) {
    for (int t = 0; t < ids.length; t++) {
      if (ids[t] < 0 || ids[t] >= vocabSize) {
        throw new InvalidInputException(
            kind + " token " + t, "id " + ids[t], "0 to " + (vocabSize - 1) + ", the vocabulary");
      }
    }
  }

  int tokens() {
    return row.tokens();
  }

  /** Input ids, [1, T]. */
  Tensor ids() {
    return Views.prefix(idMemory, 1, row.tokens());
  }

  /** Target ids of tokens from to to. */
  Tensor targets(int from, int to) {
    return Views.range(targetMemory, from, to);
  }

  /** Loss weights of tokens from to to. */
  Tensor weights(int from, int to) {
    return Views.range(weightMemory, from, to);
  }

  /** Losses of tokens from to to, written by the head. */
  Tensor losses(int from, int to) {
    return Views.range(lossMemory, from, to);
  }

  /** Whether any of the tokens from to to has a target. */
  boolean hasTargets(int from, int to) {
    for (int t = from; t < to; t++) {
      if (row.lossWeights()[t] != 0) {
        return true;
      }
    }
    return false;
  }
}
