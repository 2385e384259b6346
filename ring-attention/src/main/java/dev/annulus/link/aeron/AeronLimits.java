package dev.annulus.link.aeron;

import dev.annulus.config.TransportSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What this machine gives Aeron, beside what the settings ask for.
 *
 * @param socketBuffer bytes of socket buffers that the system grants
 * @param wantedSocketBuffer bytes asked for
 * @param places for its files, the first with room is taken, and their free bytes
 * @param neededBytes room for its files
 */
public record AeronLimits(
    int socketBuffer, int wantedSocketBuffer, List<Place> places, long neededBytes) {
  private static final int TERMS = 3;

  /** What a driver has beside its terms. */
  private static final long DRIVER_BYTES = 16 << 20;

  /** A directory for Aeron's files. */
  public record Place(Path path, boolean writable, long freeBytes) {}

  /** Looks. */
  public static AeronLimits check(TransportSettings settings) {
    List<Place> places = new ArrayList<>();
    for (Path base : DriverDirectory.bases()) {
      boolean writable = Files.isWritable(base);
      places.add(new Place(base, writable, writable ? DriverDirectory.freeBytes(base) : 0));
    }
    return new AeronLimits(
        DriverOptions.largestSocketBuffer(settings.socketBuffer()),
        settings.socketBuffer(),
        List.copyOf(places),
        DriverOptions.of(settings).directoryBytes());
  }

  /**
   * Room for Aeron's files on a host once all workers have talked to each other, as they do when
   * gradients are summed: three terms a peer, direction and stream. Two workers of a host share
   * those between them.
   *
   * @param processes of the host that hold workers, each with a driver of its own
   * @param workers of the host
   * @param world workers of the run
   */
  public static long hostBytes(TransportSettings settings, int processes, int workers, int world) {
    DriverOptions options = DriverOptions.of(settings);
    long between = 2L * workers * (world - workers) * TERMS * options.termLength();
    long within = (long) workers * (workers - 1) * TERMS * options.ipcTermLength();
    return settings.streams() * (between + within + processes * DRIVER_BYTES);
  }

  /** One line a fact, for people. */
  public List<String> describe() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "Aeron socket buffers: %d KiB of %d KiB"
            .formatted(socketBuffer >> 10, wantedSocketBuffer >> 10));
    for (Place place : places) {
      lines.add(
          "Aeron files in %s: %s"
              .formatted(
                  place.path(),
                  place.writable() ? (place.freeBytes() >> 20) + " MiB free" : "not writable"));
    }
    return lines;
  }

  /** What is missing, each with its cure; empty if nothing is. */
  public List<String> problems() {
    List<String> problems = new ArrayList<>();
    if (socketBuffer < wantedSocketBuffer) {
      problems.add(
          "UDP between processes will be slow: set net.core.rmem_max and net.core.wmem_max to %d (they allow %d)"
              .formatted(wantedSocketBuffer, socketBuffer));
    }
    Place first = places.getFirst();
    if (!hasRoom(first)) {
      problems.add(
          "%s has no room for Aeron's files: make it at least %d MiB (docker: --shm-size)"
              .formatted(first.path(), neededBytes >> 20));
    }
    if (places.stream().noneMatch(this::hasRoom)) {
      problems.add(
          "no place has %d MiB for Aeron's files: Aeron cannot start".formatted(neededBytes >> 20));
    }
    return problems;
  }

  private boolean hasRoom(Place place) {
    return place.writable() && place.freeBytes() >= neededBytes;
  }
}
