package dev.annulus.trainer.checkpoint;

import java.util.List;

/** A checkpoint does not hold what its manifest says. */
public final class DamagedCheckpointException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String place;
  private final transient List<String> damages;

  public DamagedCheckpointException(String place, List<String> damages) {
    super(place + ": " + String.join("; ", damages));
    this.place = place;
    this.damages = List.copyOf(damages);
  }

  /** The checkpoint. */
  public String place() {
    return place;
  }

  /** What is wrong, one entry a file. */
  public List<String> damages() {
    return damages;
  }
}
