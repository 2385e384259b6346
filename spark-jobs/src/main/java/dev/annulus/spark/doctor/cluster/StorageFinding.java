package dev.annulus.spark.doctor.cluster;

/**
 * What a worker found of the shared storage.
 *
 * @param where it was looked at
 * @param bytes of the file that one worker wrote and all read
 * @param writeSeconds of the worker that wrote, 0 of others
 * @param readSeconds until all bytes had been read and were right
 * @param failure what went wrong; empty if nothing did
 */
record StorageFinding(
    String where, long bytes, double writeSeconds, double readSeconds, String failure) {}
