/**
 * Weights, gradients and moments shared out over all ranks: a rank holds its own range of them, and
 * of the others' a unit of the model at a time.
 */
package dev.annulus.trainer.sharding;
