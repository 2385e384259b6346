package dev.annulus.spark.doctor;

import dev.annulus.config.RunConfig;
import dev.annulus.link.aeron.AeronEndpoint;
import dev.annulus.link.aeron.AeronLimits;
import java.util.ArrayList;
import java.util.List;

/** Aeron: what the machine gives it, and whether it starts. */
final class TransportChecks {
  private TransportChecks() {}

  static List<Finding> all(RunConfig defaults) {
    List<Finding> findings = new ArrayList<>();
    AeronLimits limits = AeronLimits.check(defaults.transport());
    String found = String.join("; ", limits.describe());
    findings.add(
        limits.problems().isEmpty()
            ? Finding.ok("Aeron's limits", found)
            : Finding.note("Aeron's limits", found, String.join("; ", limits.problems())));
    try (AeronEndpoint endpoint = AeronEndpoint.open(defaults.transport(), "127.0.0.1")) {
      findings.add(Finding.ok("Aeron", "its driver starts; address " + endpoint.address()));
    } catch (RuntimeException e) {
      findings.add(
          Finding.missing(
              "Aeron",
              String.valueOf(e.getMessage()),
              "see Aeron's limits; only transport.kind: in_process works"));
    }
    return findings;
  }
}
