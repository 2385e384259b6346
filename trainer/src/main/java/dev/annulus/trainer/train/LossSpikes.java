package dev.annulus.trainer.train;

import java.util.ArrayDeque;
import java.util.List;

/**
 * How far a loss lies above what the last steps gave: (loss - mean) / standard deviation over the
 * last 128 steps before it.
 */
final class LossSpikes {
  /** Steps that a loss is compared with at most. */
  static final int WINDOW = 128;

  /** Fewer than these say too little about the spread. */
  static final int FEWEST = 16;

  /** Standard deviations from which on a loss is called a spike. */
  static final double SPIKE = 6;

  private final ArrayDeque<Double> window = new ArrayDeque<>();

  /** Goes on behind these steps. */
  LossSpikes(List<StepReport> earlier) {
    for (StepReport report :
        earlier.subList(Math.max(0, earlier.size() - WINDOW), earlier.size())) {
      add(report.loss());
    }
  }

  /**
   * The z-score of the next step's loss, which from now on counts among the earlier ones. 0 as long
   * as there are fewer than 16 of them, or all are equal.
   */
  double next(double loss) {
    double z = window.size() < FEWEST ? 0 : zScore(loss);
    add(loss);
    return z;
  }

  private double zScore(double loss) {
    double mean = window.stream().mapToDouble(Double::doubleValue).sum() / window.size();
    double squares = 0;
    for (double earlier : window) {
      squares += (earlier - mean) * (earlier - mean);
    }
    double deviation = Math.sqrt(squares / (window.size() - 1));
    return deviation == 0 ? 0 : (loss - mean) / deviation;
  }

  private void add(double loss) {
    window.addLast(loss);
    if (window.size() > WINDOW) {
      window.removeFirst();
    }
  }
}
