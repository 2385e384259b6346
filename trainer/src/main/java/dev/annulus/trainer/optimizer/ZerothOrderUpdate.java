package dev.annulus.trainer.optimizer;

/**
 * All that it takes to do an update again; a line of {@code zo_sgd.jsonl}, the keys in snake_case.
 *
 * @param step of the run, from 1
 * @param stage name of the stage
 * @param seed of the direction, with {@code step}
 * @param projectedGradient (L+ - L-) / (2 eps)
 * @param learningRate of the update
 * @param weightDecay decoupled
 * @param frozen hash of the names of the tensors that it left alone
 */
public record ZerothOrderUpdate(
    long step,
    String stage,
    long seed,
    double projectedGradient,
    double learningRate,
    double weightDecay,
    String frozen) {}
