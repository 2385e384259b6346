package dev.annulus.link.frame;

/** What a receiver makes of a frame. */
public enum Verdict {
  /** The next part of the message that is awaited. */
  AWAITED("awaited"),
  /** Of a message that nobody awaits yet: it stays where it is. */
  EARLY("early"),

  // Refused: counted, dropped, nothing of it used.
  DAMAGED("damaged"),
  UNPROVEN("not of anybody who knows the secret"),
  OTHER_VERSION("of another protocol version"),
  OTHER_RUN("of another run"),
  OTHER_EPOCH("of another attempt"),
  MISDIRECTED("from or for somebody else"),
  DUPLICATE("seen before"),

  // Wrong: ends the exchange, as nothing right can follow.
  GAP("behind a missing one"),
  OTHER_MESSAGE("of another message than awaited"),
  OUT_OF_PLACE("out of place in its message");

  private final String text;

  Verdict(String text) {
    this.text = text;
  }

  /** Whether the frame is dropped, and what follows may still be good. */
  public boolean isRefused() {
    return compareTo(DAMAGED) >= 0 && compareTo(GAP) < 0;
  }

  /** Whether the exchange cannot be finished. */
  public boolean isWrong() {
    return compareTo(GAP) >= 0;
  }

  /** For people. */
  public String text() {
    return text;
  }
}
