package dev.annulus.ring;

/** Counts what a rank's ring does; always on, without allocation. Belongs to one thread. */
final class RingMeter {
  /** The last of them is for what leaves or comes home behind the last step. */
  private final long[] waitNsByStep;

  private final long[] computeNsByStep;
  private final long[] bytesByPeer;
  private final long[] waitNsByPeer;
  private long hops;
  private long hopsSkipped;

  RingMeter(int ranks) {
    this.waitNsByStep = new long[ranks + 1];
    this.computeNsByStep = new long[ranks];
    this.bytesByPeer = new long[ranks];
    this.waitNsByPeer = new long[ranks];
  }

  void computed(int step, long ns) {
    computeNsByStep[step] += ns;
  }

  void waited(int step, int peer, long ns) {
    waitNsByStep[Math.min(step, waitNsByStep.length - 1)] += ns;
    waitNsByPeer[peer] += ns;
  }

  void sent(int peer, long bytes) {
    hops++;
    bytesByPeer[peer] += bytes;
  }

  void skipped(long count) {
    hopsSkipped += count;
  }

  RingCounters counters() {
    return new RingCounters(
        hops,
        hopsSkipped,
        waitNsByStep.clone(),
        computeNsByStep.clone(),
        bytesByPeer.clone(),
        waitNsByPeer.clone());
  }
}
