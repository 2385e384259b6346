package dev.annulus.spark.gang;

import dev.annulus.trainer.train.StepReplay;

/**
 * What a worker brings home from doing a step again.
 *
 * @param rank which worker
 */
record ReplayResult(int rank, StepReplay replay) {}
