package dev.annulus.spark.doctor.cluster;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * What all workers found.
 *
 * @param workers in the order of their ranks
 */
record ClusterFindings(List<WorkerFindings> workers) {
  ClusterFindings {
    workers = workers.stream().sorted(Comparator.comparingInt(WorkerFindings::rank)).toList();
  }

  int world() {
    return workers.size();
  }

  HostFacts host(int rank) {
    return workers.get(rank).host();
  }

  /** Workers of each host, hosts in the order of their ranks. */
  Collection<List<WorkerFindings>> byHost() {
    Map<String, List<WorkerFindings>> hosts = new LinkedHashMap<>();
    for (WorkerFindings worker : workers) {
      hosts.computeIfAbsent(worker.host().host(), _ -> new ArrayList<>()).add(worker);
    }
    return hosts.values();
  }

  boolean spansHosts() {
    return byHost().size() > 1;
  }

  /** Both ways of all pairs. */
  Stream<PairFinding> pairs() {
    return workers.stream().flatMap(worker -> worker.pairs().stream());
  }

  Way way(PairFinding pair) {
    return Way.between(host(pair.rank()), host(pair.peer()));
  }

  /** Those that were measured, from the slowest to the fastest. */
  List<PairFinding> measured(Way way) {
    return pairs()
        .filter(pair -> !pair.isDead() && way(pair) == way)
        .sorted(Comparator.comparingDouble(PairFinding::bytesPerSecond))
        .toList();
  }

  /** One of the two ways of each pair that did not work. */
  List<PairFinding> dead() {
    Map<String, PairFinding> dead = new LinkedHashMap<>();
    pairs().filter(PairFinding::isDead).forEach(pair -> dead.putIfAbsent(pair.pair(), pair));
    return List.copyOf(dead.values());
  }

  long pairsMet() {
    return pairs().map(PairFinding::pair).distinct().count();
  }

  long pairsOfAll() {
    return (long) world() * (world() - 1) / 2;
  }

  /** What each worker got while all sent to the next one; of two workers that is their pair. */
  List<PairFinding> ring() {
    return world() == 2
        ? pairs().toList()
        : workers.stream().map(WorkerFindings::ring).filter(ring -> ring != null).toList();
  }

  /**
   * Of the slowest link of the ring, which the others wait for; nothing if it did not come round.
   */
  OptionalDouble ringBytesPerSecond() {
    return ring().stream().anyMatch(PairFinding::isDead)
        ? OptionalDouble.empty()
        : ring().stream().mapToDouble(PairFinding::bytesPerSecond).min();
  }

  double ringLatencyNs() {
    return ring().stream().mapToDouble(PairFinding::latencyNs).max().orElse(0);
  }

  /** Rank and host, for people. */
  String name(int rank) {
    return "rank " + rank + " (" + host(rank).host() + ")";
  }
}
