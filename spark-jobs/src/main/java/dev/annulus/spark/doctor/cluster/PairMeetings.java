package dev.annulus.spark.doctor.cluster;

import dev.annulus.config.TransportSettings;
import dev.annulus.link.Endpoint;
import dev.annulus.link.Link;
import dev.annulus.link.probe.LinkProbe;
import dev.annulus.link.transport.SentAgain;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * A worker's part in the tournament. Each pair has a link of its own, so that one that does not
 * answer is known by name and holds up nobody but these two, for the link's deadline.
 */
final class PairMeetings {
  private final int rank;
  private final int world;
  private final long runId;
  private final TransportSettings.Kind kind;
  private final Gathering gathering;
  private final Supplier<Endpoint> endpoints;
  private final BooleanSupplier cancelled;

  /**
   * @param endpoints opens one
   * @param cancelled asked while waiting
   */
  PairMeetings(
      int rank,
      int world,
      long runId,
      TransportSettings.Kind kind,
      Gathering gathering,
      Supplier<Endpoint> endpoints,
      BooleanSupplier cancelled) {
    this.rank = rank;
    this.world = world;
    this.runId = runId;
    this.kind = kind;
    this.gathering = gathering;
    this.endpoints = endpoints;
    this.cancelled = cancelled;
  }

  /** Plays so many rounds. */
  List<PairFinding> pairs(int rounds, long pairMs) {
    List<PairFinding> findings = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      OptionalInt opponent = Tournament.opponent(world, round, rank);
      if (opponent.isPresent()) {
        int peer = opponent.getAsInt();
        int low = Math.min(rank, peer);
        int high = Math.max(rank, peer);
        // Pairs of one round are networks of their own.
        long network = runId + 1 + (long) round * world + low;
        findings.add(meet(List.of(low, high), peer, network, round, pairMs));
      } else {
        gathering.all("");
      }
    }
    return findings;
  }

  /** All send to the next one at the same time, as in a run. */
  PairFinding ring(int round, long ms) {
    List<Integer> ranks = new ArrayList<>();
    for (int i = 0; i < world; i++) {
      ranks.add(i);
    }
    return meet(ranks, Math.floorMod(rank - 1, world), runId, round, ms);
  }

  private PairFinding meet(List<Integer> ranks, int peer, long network, int epoch, long ms) {
    Endpoint endpoint = null;
    String failure = "";
    try {
      endpoint = endpoints.get();
    } catch (RuntimeException e) {
      failure = "the transport does not start on this side: " + e.getMessage();
    }
    try {
      List<String> said = gathering.all(endpoint == null ? "" : endpoint.address());
      List<String> addresses = ranks.stream().map(said::get).toList();
      int without = addresses.indexOf("");
      if (failure.isEmpty() && without >= 0) {
        failure = "the transport does not start at rank " + ranks.get(without);
      }
      return failure.isEmpty()
          ? measure(endpoint, ranks.indexOf(rank), addresses, peer, network, epoch, ms)
          : PairFinding.failed(rank, peer, failure);
    } finally {
      if (endpoint != null) {
        endpoint.close();
      }
    }
  }

  private PairFinding measure(
      Endpoint endpoint,
      int place,
      List<String> addresses,
      int peer,
      long network,
      int epoch,
      long ms) {
    try {
      SentAgain before = SentAgain.now(kind);
      Link link = endpoint.connect(place, addresses, network, epoch, cancelled);
      var found = LinkProbe.measure(link, TimeUnit.MILLISECONDS.toNanos(ms));
      return PairFinding.of(rank, peer, found, SentAgain.now(kind).shareSince(before));
    } catch (RuntimeException e) {
      return PairFinding.failed(rank, peer, String.valueOf(e.getMessage()));
    }
  }
}
