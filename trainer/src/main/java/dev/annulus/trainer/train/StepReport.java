package dev.annulus.trainer.train;

import java.util.List;

/**
 * One step; the components are the keys of a line of {@code metrics.jsonl} in snake_case.
 *
 * @param step of the run, from 1
 * @param stage name of the stage
 * @param loss of the step's rows before its update
 * @param lossZscore standard deviations by which the loss lies above the mean of the last 128 steps
 *     before; 0 while there are fewer than 16
 * @param evaluationLoss on held-out rows after the update; null where the run was not measured
 * @param gradNorm global L2 norm before clipping
 * @param learningRate of the update
 * @param tokens of the step over all rings, padding not counted
 * @param tokensPerSecond {@code tokens} by {@code stepMs}
 * @param stepMs wall time of the step on this rank, reading of rows included, checkpoints not
 * @param attentionMs time in attention, mean over the ranks
 * @param waitMs time spent waiting for blocks of the ring, mean over the ranks
 * @param readerStallMs time spent waiting for packed rows, mean over the ranks
 * @param ringBytesSent bytes of keys, values and their gradients, sum over the ranks
 * @param hops blocks, or rows of blocks, sent to a peer, sum over the ranks
 * @param hopsSkipped blocks that a plain ring would have sent besides, sum over the ranks
 * @param maskAreaWorstOverMean pairs that the busiest rank's queries see, over the mean of the
 *     ranks
 * @param ringWaitMsByStep {@code waitMs} by step of the ring, and behind the last
 * @param ringComputeMsByStep {@code attentionMs} by step of the ring
 * @param ringBytesByPeer {@code ringBytesSent} by place in the ring of who received them
 * @param ringWaitMsByPeer {@code waitMs} by place in the ring of who was waited for
 * @param packingEfficiency {@code tokens} as a share of the rows' lengths
 * @param deviceBytesPeak largest number of bytes held on a device so far, maximum over the ranks
 */
public record StepReport(
    long step,
    String stage,
    double loss,
    double lossZscore,
    Double evaluationLoss,
    double gradNorm,
    double learningRate,
    long tokens,
    double tokensPerSecond,
    double stepMs,
    double attentionMs,
    double waitMs,
    double readerStallMs,
    long ringBytesSent,
    long hops,
    long hopsSkipped,
    double maskAreaWorstOverMean,
    List<Double> ringWaitMsByStep,
    List<Double> ringComputeMsByStep,
    List<Long> ringBytesByPeer,
    List<Double> ringWaitMsByPeer,
    double packingEfficiency,
    long deviceBytesPeak) {
  /** The same with what only its predecessors tell. */
  StepReport withLossZscore(double zScore) {
    return with(zScore, evaluationLoss);
  }

  /** The same step, measured on held-out rows. */
  StepReport withEvaluationLoss(double heldOut) {
    return with(lossZscore, heldOut);
  }

  private StepReport with(double zScore, Double heldOut) {
    return new StepReport(
        step,
        stage,
        loss,
        zScore,
        heldOut,
        gradNorm,
        learningRate,
        tokens,
        tokensPerSecond,
        stepMs,
        attentionMs,
        waitMs,
        readerStallMs,
        ringBytesSent,
        hops,
        hopsSkipped,
        maskAreaWorstOverMean,
        ringWaitMsByStep,
        ringComputeMsByStep,
        ringBytesByPeer,
        ringWaitMsByPeer,
        packingEfficiency,
        deviceBytesPeak);
  }
}
