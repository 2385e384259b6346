package dev.annulus.trainer.train;

/**
 * A step of a run, done again.
 *
 * @param from the step after which it began
 * @param report of the step
 * @param norms by tensor
 */
public record StepReplay(long from, StepReport report, TensorNorms norms) {}
