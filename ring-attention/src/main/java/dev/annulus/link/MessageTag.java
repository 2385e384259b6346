package dev.annulus.link;

/**
 * What a message is, known to both sides beforehand from the schedule; it travels with every frame
 * and is checked.
 *
 * @param kind what the bytes are
 * @param step optimiser step of the run, for errors that name it
 * @param sequence number of the exchange within its kind, ever growing over the life of a link;
 *     both sides count it alike
 * @param block owner's rank for blocks of a ring, else the slice's number
 */
public record MessageTag(Kind kind, long step, long sequence, int block) {
  /** What a message carries. */
  public enum Kind {
    KEYS,
    VALUES,
    KEY_GRADIENTS,
    VALUE_GRADIENTS,
    COLLECTIVE,
    /** What workers that copy each other's memory tell each other about it. */
    NOTICE,
    /** A peer announces itself; empty. */
    HELLO
  }

  @Override
  public String toString() {
    return kind.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ')
        + " of block "
        + block
        + " at step "
        + step
        + " (exchange "
        + sequence
        + ")";
  }
}
