package dev.annulus.spark.doctor.cluster;

import dev.annulus.link.probe.LinkMeasurement;

/**
 * What a worker found of its way to another.
 *
 * @param rank that measured
 * @param peer that sent to it
 * @param bytesPerSecond from the peer, while as much went back
 * @param latencyNs of an empty message
 * @param sentAgain share of what its side sent that was sent again in the meantime
 * @param failure why there is no measurement; empty if there is
 */
record PairFinding(
    int rank, int peer, double bytesPerSecond, long latencyNs, double sentAgain, String failure) {
  static PairFinding of(int rank, int peer, LinkMeasurement found, double sentAgain) {
    return new PairFinding(rank, peer, found.bytesPerSecond(), found.latencyNs(), sentAgain, "");
  }

  static PairFinding failed(int rank, int peer, String why) {
    return new PairFinding(rank, peer, 0, 0, 0, why);
  }

  boolean isDead() {
    return !failure.isEmpty();
  }

  /** The two, the lower rank first: both of a pair have the same. */
  String pair() {
    return Math.min(rank, peer) + "-" + Math.max(rank, peer);
  }
}
