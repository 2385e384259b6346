package dev.annulus.spark.doctor.cluster;

/**
 * How the time of a check is shared out over the pairs.
 *
 * @param rounds that are played, of {@link Tournament#rounds}
 * @param pairMs in which a pair measures
 */
record TimeBudget(int rounds, long pairMs) {
  /** Of a round beyond its measurement: Spark's all-gather takes a second, connecting a part. */
  private static final double ROUND_SECONDS = 1.3;

  private static final double LONGEST_SECONDS = 2;
  private static final double SHORTEST_SECONDS = 0.1;

  /** The rest goes to what is done once: hosts, storage, the ring. */
  private static final double SHARE_OF_PAIRS = 0.8;

  /**
   * @param seconds for the whole check
   */
  static TimeBudget of(int workers, int seconds) {
    int all = Tournament.rounds(workers);
    if (all == 0) {
      return new TimeBudget(0, 0);
    }
    double forPairs = SHARE_OF_PAIRS * seconds;
    double slot = Math.clamp(forPairs / all - ROUND_SECONDS, SHORTEST_SECONDS, LONGEST_SECONDS);
    int rounds = Math.clamp((long) (forPairs / (slot + ROUND_SECONDS) + 1e-9), 1, all);
    return new TimeBudget(rounds, Math.round(1000 * slot));
  }

  /** Seconds in which all pairs would be measured. */
  static int secondsForAll(int workers) {
    return (int)
        Math.ceil(Tournament.rounds(workers) * (ROUND_SECONDS + SHORTEST_SECONDS) / SHARE_OF_PAIRS);
  }
}
