package dev.annulus.ring.simulation;

import dev.annulus.ring.RingPass;
import java.util.List;
import java.util.function.Supplier;

/**
 * What one rank does: passes one behind the other, each made when it is its turn.
 *
 * @param durationNs how long the computing of a step takes
 */
public record RankWork(List<Supplier<RingPass>> passes, Duration durationNs) {
  public RankWork {
    passes = List.copyOf(passes);
  }

  /** Virtual time of computing. */
  public interface Duration {
    /** Nanoseconds, for the number of the pass from 0 and its step. */
    long of(int pass, int step);
  }
}
