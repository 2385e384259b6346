package dev.annulus.device;

import java.util.List;
import java.util.Optional;

/**
 * Where a worker's memory is, as far as it decides whether two workers can copy from each other.
 *
 * @param host the running system and what of it the process sees; empty if nobody can copy
 * @param device the device, the same for all processes of the host
 * @param reachable devices that this worker's device can copy from, its own among them
 */
public record PeerPlace(String host, String device, List<String> reachable) {
  /** Of a worker whose memory nobody else can copy. */
  public static final PeerPlace NOWHERE = new PeerPlace("", "", List.of());

  private static final String FIELDS = "|";
  private static final String ITEMS = ",";

  public PeerPlace {
    reachable = List.copyOf(reachable);
  }

  /** Whether both can copy from each other; both ends find the same. */
  public boolean sees(PeerPlace other) {
    return !host.isEmpty()
        && host.equals(other.host)
        && reachable.contains(other.device)
        && other.reachable.contains(device);
  }

  /** As one line of text. */
  public String toText() {
    return host + FIELDS + device + FIELDS + String.join(ITEMS, reachable);
  }

  /** What {@link #toText} wrote; empty if it is something else. */
  public static Optional<PeerPlace> parse(String text) {
    String[] fields = text.split("\\|", -1);
    return fields.length == 3
        ? Optional.of(new PeerPlace(fields[0], fields[1], List.of(fields[2].split(ITEMS, -1))))
        : Optional.empty();
  }
}
