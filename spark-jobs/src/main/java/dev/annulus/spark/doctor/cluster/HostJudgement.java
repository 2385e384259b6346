package dev.annulus.spark.doctor.cluster;

import dev.annulus.config.DeviceSettings;
import dev.annulus.config.RunConfig;
import dev.annulus.link.aeron.AeronLimits;
import dev.annulus.spark.console.Units;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What in the hosts would hold a run back: storage, versions, GPUs, room, clocks. */
final class HostJudgement {
  private static final double CLOCK_MS = 1000;

  private final ClusterFindings findings;
  private final RunConfig config;
  private final List<Hindrance> hindrances = new ArrayList<>();

  private HostJudgement(ClusterFindings findings, RunConfig config) {
    this.findings = findings;
    this.config = config;
  }

  static List<Hindrance> of(ClusterFindings findings, RunConfig config) {
    HostJudgement judgement = new HostJudgement(findings, config);
    judgement.storage();
    judgement.sameEverywhere("the jar", HostFacts::jar, "one jar for all: --class with one path");
    judgement.sameEverywhere(
        "Java", HostFacts::java, "one JDK for all hosts: the same bits are promised for one");
    judgement.gpus();
    judgement.room();
    judgement.limits();
    judgement.cores();
    judgement.clocks();
    return judgement.hindrances;
  }

  private void storage() {
    for (WorkerFindings worker : findings.workers()) {
      StorageFinding storage = worker.storage();
      if (storage != null && !storage.failure().isEmpty()) {
        hindrances.add(
            Hindrance.stops(
                findings.name(worker.rank()) + ", " + storage.where() + ": " + storage.failure(),
                "run.output_dir must be one folder that all hosts can write"));
      }
    }
  }

  private void sameEverywhere(String what, Function<HostFacts, String> of, String setting) {
    Map<String, Set<String>> hosts = new HashMap<>();
    for (WorkerFindings worker : findings.workers()) {
      hosts
          .computeIfAbsent(of.apply(worker.host()), _ -> new TreeSet<>())
          .add(worker.host().host());
    }
    if (hosts.size() > 1) {
      hindrances.add(
          Hindrance.stops(
              what
                  + " is not the same everywhere: "
                  + hosts.entrySet().stream()
                      .sorted(Map.Entry.comparingByKey())
                      .map(entry -> entry.getKey() + " on " + String.join(", ", entry.getValue()))
                      .collect(Collectors.joining("; ")),
              setting));
    }
  }

  private void gpus() {
    List<WorkerFindings> without =
        findings.workers().stream().filter(worker -> !worker.host().hasGpu()).toList();
    boolean insists = config.device().kind() == DeviceSettings.Kind.CUDA;
    boolean mixed = !without.isEmpty() && without.size() < findings.world();
    for (WorkerFindings worker : insists || mixed ? without : List.<WorkerFindings>of()) {
      HostFacts host = worker.host();
      String why =
          host.gpus().isEmpty() ? host.gpuAdvice() : "its GPU " + host.gpu() + " cannot be used";
      String what = findings.name(worker.rank()) + " has no GPU: " + why;
      hindrances.add(
          insists
              ? Hindrance.stops(what, "spark.task.resource.gpu.amount 1, and the host's driver")
              : Hindrance.slows(
                  0.9,
                  what + "; others have one and would wait for it",
                  "leave the host out, or device.kind: cpu for all"));
    }
    Map<String, List<Integer>> users = new HashMap<>();
    for (WorkerFindings worker : findings.workers()) {
      worker.host().gpus().stream()
          .filter(gpu -> gpu.number() == worker.host().gpu() && gpu.usable())
          .forEach(
              gpu -> users.computeIfAbsent(gpu.uuid(), _ -> new ArrayList<>()).add(worker.rank()));
    }
    users.forEach(
        (uuid, ranks) -> {
          if (ranks.size() > 1) {
            hindrances.add(
                Hindrance.slows(
                    1 - 1.0 / ranks.size(),
                    "ranks " + ranks + " share one GPU, " + uuid,
                    "spark.task.resource.gpu.amount 1, or fewer tasks at a time on its host"));
          }
        });
  }

  /** Of the transport's files once all have talked to all. */
  private void room() {
    if (!HostLook.usesAeron(config.transport())) {
      return;
    }
    for (List<WorkerFindings> workers : findings.byHost()) {
      HostFacts host = workers.getFirst().host();
      int processes =
          Math.toIntExact(workers.stream().map(w -> w.host().process()).distinct().count());
      long needed =
          AeronLimits.hostBytes(config.transport(), processes, workers.size(), findings.world());
      if (host.shmBytes() >= 0 && host.shmBytes() < needed) {
        hindrances.add(
            Hindrance.stops(
                "%s has %s of /dev/shm, %d workers there need %s for the files of the transport"
                    .formatted(
                        host.host(),
                        Units.bytes(host.shmBytes()),
                        workers.size(),
                        Units.bytes(needed)),
                "docker --shm-size, Kubernetes: sizeLimit of the emptyDir at /dev/shm; or a"
                    + " smaller transport.term_length; or transport.kind: tcp, which needs none"));
      }
    }
  }

  private void limits() {
    for (List<WorkerFindings> workers : findings.byHost()) {
      HostFacts host = workers.getFirst().host();
      for (String problem : host.transportProblems()) {
        hindrances.add(
            findings.spansHosts()
                ? Hindrance.slows(0, host.host() + ": " + problem, "as it says")
                : Hindrance.note(host.host() + ": " + problem, "as it says"));
      }
    }
  }

  private void cores() {
    Set<Integer> cores = new TreeSet<>();
    for (List<WorkerFindings> workers : findings.byHost()) {
      cores.add(Math.max(1, workers.getFirst().host().cores() / workers.size()));
    }
    boolean onGpus = findings.workers().stream().allMatch(worker -> worker.host().hasGpu());
    if (cores.size() > 1 && !onGpus) {
      int least = cores.iterator().next();
      int most = cores.stream().mapToInt(Integer::intValue).max().orElseThrow();
      hindrances.add(
          Hindrance.slows(
              1 - (double) least / most,
              "workers have %d cores on one host and %d on another: all wait for the slowest"
                  .formatted(least, most),
              "spark.task.cpus and spark.executor.cores that fit all hosts, or hosts that are"
                  + " alike"));
    }
  }

  private void clocks() {
    for (List<WorkerFindings> workers : findings.byHost()) {
      HostFacts host = workers.getFirst().host();
      if (Math.abs(host.clockAheadMs()) > CLOCK_MS) {
        hindrances.add(
            Hindrance.note(
                String.format(
                    Locale.ROOT,
                    "the clock of %s is %.1f s %s the driver's",
                    host.host(),
                    Math.abs(host.clockAheadMs()) / 1000,
                    host.clockAheadMs() > 0 ? "ahead of" : "behind"),
                "NTP on all hosts: a run does not mind, logs and Kerberos do"));
      }
    }
  }
}
