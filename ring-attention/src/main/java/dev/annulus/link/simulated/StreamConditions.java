package dev.annulus.link.simulated;

/**
 * How the reliable stream from one rank to another works, and what it lets through.
 *
 * @param payloadBytes of a frame at most
 * @param windowFrames sent ahead of what the receiver has taken at most
 * @param buffered whether a message counts as sent when it lies in the stream, rather than when the
 *     receiver has taken it: a schedule must not hang either way
 * @param nakDelayNs after which a receiver asks again for what is missing
 * @param resendNs after which an end that waits asks for a sign of life, or sends again
 * @param attempts in a row without an answer after which the peer is taken for gone
 * @param timeoutNs deadline of a worker's wait
 * @param intruders share of frames before which another comes that is not meant: of another run, of
 *     another attempt, for another rank, seen before, or damaged
 * @param hiddenDamage share of frames that arrive with a wrong bit that the stream did not notice
 */
public record StreamConditions(
    int payloadBytes,
    int windowFrames,
    boolean buffered,
    long nakDelayNs,
    long resendNs,
    int attempts,
    long timeoutNs,
    double intruders,
    double hiddenDamage) {

  public StreamConditions {
    if (payloadBytes < 1 || windowFrames < 1 || attempts < 1) {
      throw new IllegalArgumentException(
          "frames of %d bytes, %d ahead, %d attempts"
              .formatted(payloadBytes, windowFrames, attempts));
    }
    if (nakDelayNs < 1 || resendNs < 1 || timeoutNs < 1) {
      throw new IllegalArgumentException(
          "waits of %d, %d and %d ns".formatted(nakDelayNs, resendNs, timeoutNs));
    }
  }

  /** How long a silent peer is waited for at most, before it counts as gone. */
  public long livenessNs() {
    return resendNs * (attempts + 1L);
  }
}
