package dev.annulus.spark.doctor.cluster;

import dev.annulus.config.RunConfig;
import dev.annulus.config.SecuritySettings;
import dev.annulus.link.transport.NetworkInterfaces.Interface;
import dev.annulus.link.transport.TransportAdvice;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What would make the links faster, from what the hosts have and the run is configured with. */
final class LinkAdvice {
  private LinkAdvice() {}

  static String of(ClusterFindings findings, RunConfig config) {
    Set<String> advice = new LinkedHashSet<>();
    if (findings.spansHosts()) {
      TransportAdvice.of(config.transport(), interfaces(findings)).problem().ifPresent(advice::add);
    }
    findings.workers().forEach(worker -> advice.addAll(worker.host().transportProblems()));
    if (config.transport().security().encryption() != SecuritySettings.Encryption.NONE) {
      advice.add("transport.encryption: none on a network of its own");
    }
    if (advice.isEmpty()) {
      advice.add(
          "transport.streams: %d (now %d) where cores are free, and a faster network"
              .formatted(2 * config.transport().streams(), config.transport().streams()));
    }
    return String.join("; ", advice);
  }

  /** Of the workers' hosts, those that are known. */
  static List<Interface> interfaces(ClusterFindings findings) {
    List<Interface> interfaces = new ArrayList<>();
    for (List<WorkerFindings> host : findings.byHost()) {
      HostFacts facts = host.getFirst().host();
      if (facts.mtu() > 0) {
        interfaces.add(
            new Interface(
                facts.host() + "'s " + facts.networkName(), facts.mtu(), List.of(facts.host())));
      }
    }
    return interfaces;
  }
}
