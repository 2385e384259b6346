package dev.annulus.spark.doctor.cluster;

import dev.annulus.config.RunConfig;
import dev.annulus.config.RunConfigReader;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Findings of clusters that do not exist: two hosts a and b of workers that lack nothing. */
final class Clusters {
  private static final long GB = 1_000_000_000L;

  private Clusters() {}

  static RunConfig config(String... overrides) {
    String yaml =
        """
        run: {name: check}
        model: {path: model, tokenizer: bytes}
        data: {sources: [{path: data, format: jsonl}]}
        parallel: {context: 4}
        stages: [{name: long, sequence_length: 65536, steps: 1, sequences_per_step: 1, learning_rate: 1.0}]
        """;
    return RunConfigReader.read("test", yaml, List.of(overrides));
  }

  static HostFacts host(String name) {
    return new HostFacts(
        name,
        name,
        16,
        2,
        64 * GB,
        2 * GB,
        16 * GB,
        16 * GB,
        List.of(),
        List.of(),
        "eth0",
        9000,
        "25.0.3",
        "abc",
        List.of(),
        "no driver",
        -1,
        3);
  }

  /** Four workers, two a host; 10 GB/s within and 5 GB/s between hosts. */
  static ClusterFindings four(UnaryOperator<HostFacts> hosts, UnaryOperator<PairFinding> pairs) {
    List<WorkerFindings> workers = new ArrayList<>();
    for (int rank = 0; rank < 4; rank++) {
      List<PairFinding> met = new ArrayList<>();
      for (int peer = 0; peer < 4; peer++) {
        if (peer != rank) {
          double rate = rank / 2 == peer / 2 ? 10 * GB : 5 * GB;
          met.add(pairs.apply(new PairFinding(rank, peer, rate, 20_000, 0, "")));
        }
      }
      int previous = Math.floorMod(rank - 1, 4);
      workers.add(
          new WorkerFindings(
              rank,
              hosts.apply(host(rank < 2 ? "a" : "b")),
              met,
              pairs.apply(new PairFinding(rank, previous, 5 * GB, 20_000, 0, "")),
              new StorageFinding("/runs", 1, rank == 0 ? 0.1 : 0, 0.1, "")));
    }
    return new ClusterFindings(workers);
  }

  static ClusterFindings four(UnaryOperator<PairFinding> pairs) {
    return four(UnaryOperator.identity(), pairs);
  }

  /** Changes both ways between two ranks. */
  static UnaryOperator<PairFinding> between(int one, int other, UnaryOperator<PairFinding> change) {
    String key = PairFinding.failed(one, other, "").pair();
    return pair -> pair.pair().equals(key) ? change.apply(pair) : pair;
  }

  static PairFinding withRate(PairFinding pair, double bytesPerSecond) {
    return new PairFinding(
        pair.rank(), pair.peer(), bytesPerSecond, pair.latencyNs(), pair.sentAgain(), "");
  }
}
