package dev.annulus.spark.doctor.cluster;

/**
 * What the driver asks of every worker.
 *
 * @param configYaml the whole configuration
 * @param runId identity of this check: frames of another are refused
 * @param rounds of the tournament
 * @param pairMs in which a pair measures
 * @param storage a folder that all workers should see; empty: do not look
 */
record CheckAssignment(String configYaml, long runId, int rounds, long pairMs, String storage) {}
