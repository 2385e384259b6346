package dev.annulus.ring.simulation;

/**
 * What befalls a rank of a {@link SimulatedRing}.
 *
 * @param atNs when, in virtual time
 * @param durationNs for how long; without meaning for a death
 */
public record Fault(Kind kind, int rank, long atNs, long durationNs) {
  /** What happens. */
  public enum Kind {
    /** Its host stops for good, without a word to anybody. */
    DIES,
    /** Its host stops for a while, link and all. */
    FREEZES,
    /** Its worker stops for a while; the link goes on answering. */
    HANGS
  }
}
