package dev.annulus.trainer.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A finished run.
 *
 * @param steps of the run
 * @param resumedFrom step of the checkpoint that it continued from; 0 if it started anew
 * @param finalFolder the trained model
 * @param stages in order. Rank 0 knows all steps, those before a resume from {@code metrics.jsonl};
 *     other ranks only those they did themselves
 */
public record RunReport(long steps, long resumedFrom, Path finalFolder, List<StageReport> stages) {
  public RunReport {
    stages = List.copyOf(stages);
  }

  static RunReport of(long steps, long resumedFrom, Path finalFolder, List<StepReport> reports) {
    Map<String, List<StepReport>> byStage = new LinkedHashMap<>();
    for (StepReport report : reports) {
      byStage.computeIfAbsent(report.stage(), stage -> new ArrayList<>()).add(report);
    }
    List<StageReport> stages = new ArrayList<>();
    byStage.forEach((stage, ofStage) -> stages.add(StageReport.of(stage, ofStage)));
    return new RunReport(steps, resumedFrom, finalFolder, stages);
  }
}
