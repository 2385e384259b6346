package dev.annulus.spark.doctor;

import dev.annulus.config.RunConfig;
import dev.annulus.device.choice.DeviceChoice;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Looks at everything that a run needs, in the order in which a run needs it. */
public final class Doctor {
  private Doctor() {}

  /**
   * What was found.
   *
   * @param device that a run with {@code device.kind: auto} would compute on
   */
  public record Report(List<Finding> findings, DeviceChoice device) {
    /** Whether a run works here. */
    public boolean isHealthy() {
      return findings.stream().noneMatch(f -> f.state() == Finding.State.MISSING);
    }

    /** A table, and below it what to do. */
    public String toText() {
      StringBuilder text = new StringBuilder();
      for (Finding finding : findings) {
        String mark =
            switch (finding.state()) {
              case OK -> "ok";
              case NOTE -> "note";
              case MISSING -> "MISSING";
            };
        text.append(String.format("%-8s %-18s %s%n", mark, finding.what(), finding.found()));
        if (!finding.advice().isEmpty()) {
          text.append(String.format("%-8s %-18s -> %s%n", "", "", finding.advice()));
        }
      }
      text.append(
          isHealthy()
              ? "A run works here, on " + device.reason() + "."
              : "A run does not work here: see what is MISSING.");
      return text.toString();
    }

    /** For scripts. */
    public Map<String, Object> toJson() {
      List<Map<String, Object>> rows = new ArrayList<>();
      for (Finding finding : findings) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("what", finding.what());
        row.put("state", finding.state().name().toLowerCase(Locale.ROOT));
        row.put("found", finding.found());
        row.put("advice", finding.advice());
        rows.add(row);
      }
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("healthy", isHealthy());
      json.put("device", device.kind().name().toLowerCase(Locale.ROOT));
      json.put("findings", rows);
      return json;
    }
  }

  /**
   * Examines this machine for a run with {@code defaults}; takes a few seconds, as libraries are
   * really loaded.
   */
  public static Report examine(RunConfig defaults) {
    List<Finding> findings = new ArrayList<>();
    findings.addAll(MachineChecks.all());
    findings.addAll(GpuChecks.all());
    findings.addAll(LibraryChecks.all());
    findings.addAll(TransportChecks.all(defaults));
    return new Report(List.copyOf(findings), DeviceChoice.of(DeviceChoice.AUTO, 0));
  }
}
