package dev.annulus.spark.doctor;

import dev.annulus.config.RunConfig;
import dev.annulus.config.TransportSettings;
import dev.annulus.config.TransportSettings.Kind;
import dev.annulus.link.Endpoint;
import dev.annulus.link.aeron.AeronLimits;
import dev.annulus.link.security.LinkSecurity;
import dev.annulus.link.transport.NetworkInterfaces;
import dev.annulus.link.transport.NetworkInterfaces.Interface;
import dev.annulus.link.transport.TransportAdvice;
import dev.annulus.link.transport.Transports;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The transports: what the machine and its network have for each, and whether each starts. */
final class TransportChecks {
  private TransportChecks() {}

  static List<Finding> all(RunConfig defaults) {
    TransportSettings settings = defaults.transport();
    List<Finding> findings = new ArrayList<>();
    findings.add(network(settings));
    AeronLimits limits = AeronLimits.check(settings);
    String found = String.join("; ", limits.describe());
    findings.add(
        limits.problems().isEmpty()
            ? Finding.ok("Aeron's limits", found)
            : Finding.note("Aeron's limits", found, String.join("; ", limits.problems())));
    findings.add(start("Aeron", settings, Kind.AERON));
    findings.add(start("TCP", settings, Kind.TCP));
    return findings;
  }

  private static Finding network(TransportSettings settings) {
    List<Interface> interfaces = NetworkInterfaces.outward();
    TransportAdvice advice = TransportAdvice.of(settings, interfaces);
    String found =
        "%s; between machines %s fits: %s"
            .formatted(
                interfaces.isEmpty()
                    ? "loopback alone"
                    : interfaces.stream()
                        .map(Interface::toString)
                        .collect(Collectors.joining("; ")),
                advice.kind().name().toLowerCase(Locale.ROOT),
                advice.reason());
    return advice
        .problem()
        .map(problem -> Finding.note("network", found, problem))
        .orElseGet(() -> Finding.ok("network", found));
  }

  /** Missing only where a run with these settings would use it. */
  private static Finding start(String what, TransportSettings settings, Kind kind) {
    TransportSettings tried =
        new TransportSettings(
            kind,
            settings.timeoutSeconds(),
            settings.mtu(),
            settings.termLength(),
            settings.socketBuffer(),
            settings.streams(),
            settings.threading(),
            settings.idle());
    boolean used = settings.kind() == kind || (settings.kind() == Kind.AUTO && kind == Kind.AERON);
    try (Endpoint endpoint = Transports.open(tried, "127.0.0.1", LinkSecurity.NONE)) {
      return Finding.ok(what, "starts; address " + endpoint.address());
    } catch (RuntimeException e) {
      String found = String.valueOf(e.getMessage());
      return used
          ? Finding.missing(what, found, "see what was found above; or another transport.kind")
          : Finding.note(what, found, "this run does not use it");
    }
  }
}
