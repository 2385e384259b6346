package dev.annulus.trainer.evaluate;

import java.io.Serializable;

/**
 * How well one document is predicted.
 *
 * @param index number of the document among all
 * @param targets tokens that are predicted: all but the first
 * @param lossSum sum of their losses
 */
public record DocumentLoss(long index, long targets, double lossSum) implements Serializable {
  /** Mean loss a target; NaN for a document without targets. */
  public double loss() {
    return lossSum / targets;
  }
}
