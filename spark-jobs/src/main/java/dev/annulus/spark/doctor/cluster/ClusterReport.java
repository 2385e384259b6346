package dev.annulus.spark.doctor.cluster;

import dev.annulus.spark.console.TextTable;
import dev.annulus.spark.console.Units;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was found in a cluster and what it means, for people and scripts. */
public final class ClusterReport {
  private static final int SLOWEST = 5;

  private final ClusterFindings findings;
  private final List<Hindrance> hindrances;
  private final double seconds;

  ClusterReport(ClusterFindings findings, List<Hindrance> hindrances, double seconds) {
    this.findings = findings;
    this.hindrances = List.copyOf(hindrances);
    this.seconds = seconds;
  }

  /** Whether nothing was found that stops a run or slows it down. */
  public boolean isFit() {
    return hindrances.stream().allMatch(found -> found.level() == Hindrance.Level.NOTE);
  }

  /** Tables of hosts and links, and below them what would hold a run back. */
  public String toText() {
    List<String> parts = new ArrayList<>();
    parts.add(
        String.format(
            Locale.ROOT,
            "%d workers on %d %s, checked in %.0f s.",
            findings.world(),
            findings.byHost().size(),
            findings.byHost().size() == 1 ? "host" : "hosts",
            seconds));
    parts.add(hosts());
    if (findings.world() > 1) {
      parts.add(links());
      parts.add(slowest());
    }
    storage(parts);
    parts.add(hindrances.isEmpty() ? "Nothing holds a run back." : judgement());
    return String.join(System.lineSeparator() + System.lineSeparator(), parts);
  }

  private String hosts() {
    TextTable table =
        new TextTable(
            "host", "ranks", "cores", "memory", "/dev/shm", "network", "GPUs", "clock", "Java");
    for (List<WorkerFindings> workers : findings.byHost()) {
      HostFacts host = workers.getFirst().host();
      table.row(
          host.host(),
          ranks(workers),
          Units.count(host.cores()),
          Units.bytes(host.memoryBytes()),
          host.shmBytes() < 0 ? "none" : Units.bytes(host.shmBytes()),
          host.networkName() + " " + (host.mtu() > 0 ? host.mtu() : "?"),
          gpus(workers),
          Double.isNaN(host.clockAheadMs())
              ? "?"
              : String.format(Locale.ROOT, "%+.0f ms", host.clockAheadMs()),
          host.java());
    }
    return table.toString();
  }

  private static String ranks(List<WorkerFindings> workers) {
    int first = workers.getFirst().rank();
    int last = workers.getLast().rank();
    return first == last ? Integer.toString(first) : first + " to " + last;
  }

  private static String gpus(List<WorkerFindings> workers) {
    List<HostFacts.Gpu> gpus = workers.getFirst().host().gpus();
    return gpus.isEmpty() ? "none" : gpus.size() + " x " + gpus.getFirst().text();
  }

  private String links() {
    TextTable table =
        new TextTable("links", "measured", "slowest", "median", "fastest", "latency", "sent again");
    for (Way way : Way.values()) {
      List<PairFinding> pairs = findings.measured(way);
      if (!pairs.isEmpty()) {
        table.row(row(way.text(), pairs));
      }
    }
    if (findings.ringBytesPerSecond().isPresent() && findings.world() > 2) {
      table.row(row("ring, all at once", sorted(findings.ring())));
    }
    return table.toString();
  }

  private static List<PairFinding> sorted(List<PairFinding> pairs) {
    return pairs.stream()
        .sorted(java.util.Comparator.comparingDouble(PairFinding::bytesPerSecond))
        .toList();
  }

  /** Each pair is measured both ways. */
  private static String[] row(String name, List<PairFinding> pairs) {
    return new String[] {
      name,
      Units.count(pairs.size()),
      Speeds.of(pairs.getFirst().bytesPerSecond()),
      Speeds.of(pairs.get(pairs.size() / 2).bytesPerSecond()),
      Speeds.of(pairs.getLast().bytesPerSecond()),
      micros(pairs.stream().mapToLong(PairFinding::latencyNs).sorted().toArray()[pairs.size() / 2]),
      Units.percent(pairs.stream().mapToDouble(PairFinding::sentAgain).max().orElseThrow())
    };
  }

  private String slowest() {
    TextTable table = new TextTable("slowest links", "to", "rate", "latency", "sent again");
    for (Way way : Way.values()) {
      List<PairFinding> pairs = findings.measured(way);
      for (PairFinding pair : pairs.subList(0, Math.min(SLOWEST, pairs.size()))) {
        table.row(
            findings.name(pair.peer()),
            findings.name(pair.rank()),
            Speeds.of(pair.bytesPerSecond()),
            micros(pair.latencyNs()),
            Units.percent(pair.sentAgain()));
      }
    }
    return table.toString();
  }

  private static String micros(long ns) {
    return String.format(Locale.ROOT, "%.0f us", ns / 1e3);
  }

  private void storage(List<String> parts) {
    StorageFinding writer = findings.workers().getFirst().storage();
    if (writer == null) {
      return;
    }
    double slowest =
        findings.workers().stream().mapToDouble(w -> w.storage().readSeconds()).max().orElse(0);
    parts.add(
        String.format(
            Locale.ROOT,
            "Shared storage %s: %s written in %.2f s, read by all workers in %.2f s or less.",
            writer.where(),
            Units.bytes(writer.bytes()),
            writer.writeSeconds(),
            slowest));
  }

  private String judgement() {
    StringBuilder text = new StringBuilder("What would hold a run back:");
    for (Hindrance found : hindrances) {
      String mark =
          switch (found.level()) {
            case STOPS -> "STOPS";
            case SLOWS -> found.lost() > 0 ? "-" + Units.percent(found.lost()) : "slows";
            case NOTE -> "note";
          };
      text.append(
          String.format("%n  %-8s %s%n  %-8s -> %s", mark, found.what(), "", found.setting()));
    }
    return text.toString();
  }

  /** For scripts. */
  public Map<String, Object> toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("fit", isFit());
    json.put("workers", findings.world());
    json.put("seconds", seconds);
    List<Map<String, Object>> hosts = new ArrayList<>();
    for (List<WorkerFindings> workers : findings.byHost()) {
      hosts.add(host(workers));
    }
    json.put("hosts", hosts);
    List<Map<String, Object>> pairs = new ArrayList<>();
    findings.pairs().forEach(pair -> pairs.add(pair(pair)));
    json.put("pairs", pairs);
    json.put("ring", findings.ring().stream().map(ClusterReport::pair).toList());
    json.put("storage", findings.workers().getFirst().storage());
    List<Map<String, Object>> held = new ArrayList<>();
    for (Hindrance found : hindrances) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("level", found.level().name().toLowerCase(Locale.ROOT));
      entry.put("lost", found.lost());
      entry.put("what", found.what());
      entry.put("setting", found.setting());
      held.add(entry);
    }
    json.put("hindrances", held);
    return json;
  }

  private static Map<String, Object> host(List<WorkerFindings> workers) {
    HostFacts facts = workers.getFirst().host();
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("host", facts.host());
    entry.put("ranks", workers.stream().map(WorkerFindings::rank).toList());
    entry.put("cores", facts.cores());
    entry.put("memory_bytes", facts.memoryBytes());
    entry.put("shm_bytes", facts.shmBytes() < 0 ? null : facts.shmBytes());
    entry.put("transport_limits", facts.transportFiles());
    entry.put("network", facts.networkName());
    entry.put("mtu", facts.mtu());
    entry.put("java", facts.java());
    entry.put("jar", facts.jar());
    entry.put("gpus", facts.gpus());
    entry.put("no_gpu", facts.gpuAdvice());
    entry.put("clock_ahead_ms", Double.isNaN(facts.clockAheadMs()) ? null : facts.clockAheadMs());
    return entry;
  }

  private static Map<String, Object> pair(PairFinding pair) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("from", pair.peer());
    entry.put("to", pair.rank());
    entry.put("bytes_per_second", pair.bytesPerSecond());
    entry.put("latency_us", pair.latencyNs() / 1e3);
    entry.put("sent_again", pair.sentAgain());
    entry.put("failure", pair.failure());
    return entry;
  }
}
