package dev.annulus.spark.gang;

/**
 * Rank 0 tells of a checkpoint that is complete.
 *
 * @param step that it holds
 * @param seconds since it was begun
 */
record CheckpointDone(long step, double seconds) {}
