package dev.annulus.ring.simulation;

import dev.annulus.link.Link;
import dev.annulus.link.simulated.EventLog.Event;
import dev.annulus.link.simulated.SimulatedNetwork;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * All ranks of a ring in one thread and virtual time. Whatever befalls it, it ends: every rank
 * finishes with the bits of an undisturbed ring, or fails with an error of its link within its
 * deadline, or was killed.
 */
public final class SimulatedRing {
  private final SimulatedNetwork network;
  private final List<SimulatedRank> ranks = new ArrayList<>();

  private SimulatedRing(SimulatedNetwork network, List<RankWork> work, long timeoutNs, long seed) {
    this.network = network;
    SplittableRandom random = new SplittableRandom(seed);
    for (int rank = 0; rank < work.size(); rank++) {
      ranks.add(
          new SimulatedRank(
              network, network.links().get(rank), work.get(rank), timeoutNs, random.split()));
    }
  }

  /**
   * Runs to the end.
   *
   * @param network not used yet; its links are closed when this returns
   * @param work by rank, for all ranks of the network
   * @param timeoutNs deadline of every wait, in virtual time
   * @return by rank
   */
  public static List<RankEnd> run(
      SimulatedNetwork network,
      List<RankWork> work,
      List<Fault> faults,
      long timeoutNs,
      long seed) {
    SimulatedRing ring = new SimulatedRing(network, work, timeoutNs, seed);
    faults.forEach(ring::plan);
    return ring.run();
  }

  private List<RankEnd> run() {
    network.onChange(rank -> ranks.get(rank).changed());
    ranks.forEach(SimulatedRank::start);
    while (anyGoesOn()) {
      if (!network.time().runNext()) {
        throw new IllegalStateException("ranks wait for nothing, and without a deadline");
      }
    }
    network.links().forEach(Link::close);
    return ranks.stream().map(SimulatedRank::end).toList();
  }

  private boolean anyGoesOn() {
    for (SimulatedRank rank : ranks) {
      if (rank.end() == null) {
        return true;
      }
    }
    return false;
  }

  private void plan(Fault fault) {
    network.time().after(fault.atNs(), () -> befall(fault));
  }

  private void befall(Fault fault) {
    SimulatedRank rank = ranks.get(fault.rank());
    switch (fault.kind()) {
      case DIES -> {
        if (rank.end() == null) {
          network.kill(fault.rank());
          rank.died();
        }
      }
      case FREEZES -> network.freeze(fault.rank(), fault.durationNs());
      case HANGS -> {
        network.log().note(Event.HUNG, fault.rank(), fault.rank(), fault.durationNs());
        rank.hang(fault.durationNs());
      }
    }
  }
}
