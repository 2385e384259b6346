package dev.annulus.spark.gang;

/**
 * A line from a worker for the people at the driver.
 *
 * @param warning whether it should stand out
 */
record WorkerNotice(int rank, boolean warning, String text) {}
