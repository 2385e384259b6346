package dev.annulus.spark.gang;

/**
 * What the driver gives every worker.
 *
 * @param configYaml the whole configuration
 * @param runId identity of this submission: frames of another one are refused
 * @param world number of workers
 * @param replayedStep a step to do again; 0 to train
 */
record WorkerAssignment(String configYaml, long runId, int world, long replayedStep) {}
