package dev.annulus.trainer.train;

import dev.annulus.config.StageSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Puts together what is reported of a step, whatever did it. */
final class StepReports {
  private StepReports() {}

  /**
   * The report of a step that is done.
   *
   * @param norm of the gradient
   * @param startedNs when the step began to wait for its rows
   */
  static StepReport of(
      WorkerEnvironment environment,
      TensorCollectives world,
      StageSettings stage,
      long step,
      StepRows rows,
      StepGradients.Amounts amounts,
      StepSums sums,
      double loss,
      double norm,
      double learningRate,
      long startedNs) {
    int ranks = world.size();
    long tokens = amounts.tokens();
    double stepMs = (environment.nanoClock().getAsLong() - startedNs) / 1e6;
    return new StepReport(
        step,
        stage.name(),
        loss,
        0,
        null,
        norm,
        learningRate,
        tokens,
        stepMs == 0 ? 0 : tokens / (stepMs / 1e3),
        stepMs,
        sums.ring().attentionNs() / 1e6 / ranks,
        sums.ring().waitNs() / 1e6 / ranks,
        sums.stalledNs() / 1e6 / ranks,
        sums.ring().bytesSent(),
        sums.ring().hops(),
        sums.ring().hopsSkipped(),
        sums.area().worstOverMean(),
        meanMs(sums.ring().waitNsByStep(), ranks),
        meanMs(sums.ring().computeNsByStep(), ranks),
        new ArrayList<>(Arrays.stream(sums.ring().bytesByPeer()).boxed().toList()),
        meanMs(sums.ring().waitNsByPeer(), ranks),
        tokens / ((double) rows.all().length * stage.sequenceLength()),
        sums.peakBytes());
  }

  /** Milliseconds, mean over the ranks. */
  private static List<Double> meanMs(long[] nanoseconds, int ranks) {
    List<Double> means = new ArrayList<>(nanoseconds.length);
    for (long sum : nanoseconds) {
      means.add(sum / 1e6 / ranks);
    }
    return means;
  }
}
