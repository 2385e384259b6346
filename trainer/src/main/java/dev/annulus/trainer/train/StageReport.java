package dev.annulus.trainer.train;

import java.util.List;

/**
 * One stage, over the steps that were reported.
 *
 * @param stage name
 * @param steps number of them
 * @param firstLoss of the first step
 * @param lastLoss of the last
 * @param meanOfLastTen mean loss of the last ten steps, or of all if there are fewer
 * @param tokens without padding
 * @param seconds in steps; writing checkpoints not counted
 * @param tokensPerSecond {@code tokens} by {@code seconds}
 * @param ringBytesSent over all ranks
 * @param waitShare time that ranks waited for the ring, as a share of {@code seconds}
 */
public record StageReport(
    String stage,
    int steps,
    double firstLoss,
    double lastLoss,
    double meanOfLastTen,
    long tokens,
    double seconds,
    double tokensPerSecond,
    long ringBytesSent,
    double waitShare) {
  private static final int TAIL = 10;

  /** Sums up the steps of a stage, at least one. */
  static StageReport of(String stage, List<StepReport> steps) {
    long tokens = steps.stream().mapToLong(StepReport::tokens).sum();
    double milliseconds = steps.stream().mapToDouble(StepReport::stepMs).sum();
    double waited = steps.stream().mapToDouble(StepReport::waitMs).sum();
    return new StageReport(
        stage,
        steps.size(),
        steps.getFirst().loss(),
        steps.getLast().loss(),
        steps.stream()
            .skip(Math.max(0, steps.size() - TAIL))
            .mapToDouble(StepReport::loss)
            .average()
            .orElseThrow(),
        tokens,
        milliseconds / 1e3,
        milliseconds == 0 ? 0 : tokens / (milliseconds / 1e3),
        steps.stream().mapToLong(StepReport::ringBytesSent).sum(),
        milliseconds == 0 ? 0 : waited / milliseconds);
  }
}
