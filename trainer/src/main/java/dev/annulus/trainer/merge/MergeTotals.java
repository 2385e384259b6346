package dev.annulus.trainer.merge;

/**
 * What a merge knows of all tensors together.
 *
 * @param models folded in so far
 * @param meanNorm mean of the norms of their task vectors
 * @param vectorNorm norm of the method's merged task vector, before scaling
 */
record MergeTotals(int models, double meanNorm, double vectorNorm) {}
