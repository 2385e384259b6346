package dev.annulus.spark.doctor.cluster;

import java.util.List;

/**
 * What one worker found.
 *
 * @param pairs with whom it met
 * @param ring what came in while all workers sent to the next one at the same time; null where
 *     there are fewer than three workers
 * @param storage null if there was none to look at
 */
record WorkerFindings(
    int rank, HostFacts host, List<PairFinding> pairs, PairFinding ring, StorageFinding storage) {}
