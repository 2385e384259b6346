package dev.annulus.trainer.plan;

/**
 * One stage of a run.
 *
 * @param name of the stage
 * @param sequenceLength tokens of a row
 * @param steps of the stage
 * @param rowsPerStep over all rings
 * @param trainedShare of the weights that is trained
 * @param memory of the worker that holds most
 * @param route that blocks of a row of one document take, and why
 * @param ringBytesPerStep keys, values and their gradients that all workers together send in a
 *     step, if every row is one document; rows of several need less
 * @param reductionBytesPerStep gradients, and weights renewed by them, that all workers together
 *     send in a step
 */
public record StagePlan(
    String name,
    int sequenceLength,
    int steps,
    int rowsPerStep,
    double trainedShare,
    HeldMemory memory,
    String route,
    long ringBytesPerStep,
    long reductionBytesPerStep) {
  /** Tokens of a step, padding counted. */
  public long tokensPerStep() {
    return (long) sequenceLength * rowsPerStep;
  }

  /** Tokens of the stage, padding counted. */
  public long tokens() {
    return steps * tokensPerStep();
  }

  /** Rows that its steps take. */
  public long rows() {
    return (long) steps * rowsPerStep;
  }
}
