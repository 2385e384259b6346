package dev.annulus.spark.watch;

/**
 * What a worker tells of itself every few seconds, by a thread that goes on while the worker waits.
 *
 * @param rank which worker
 * @param attempt of the stage
 * @param host where it is
 * @param device what it computes on, in a word or two
 * @param doing what it does, in words that fit behind "rank 1"
 * @param step that it ended last; 0 before the first
 * @param tokensPerSecond of that step, over all workers
 * @param waitShare share of that step in which this worker waited for blocks of the ring
 * @param ringBytesSent keys, values and their gradients through the transport, since it started
 * @param ringBytesReceived the same
 * @param waitsFor the rank that it waits for, or -1
 * @param waitsForWhat the message
 * @param waitedMs for how long
 */
public record RankStatus(
    int rank,
    int attempt,
    String host,
    String device,
    String doing,
    long step,
    double tokensPerSecond,
    double waitShare,
    long ringBytesSent,
    long ringBytesReceived,
    int waitsFor,
    String waitsForWhat,
    long waitedMs) {
  /** {@link #waitsFor} of a worker that waits for nobody. */
  public static final int NOBODY = -1;
}
