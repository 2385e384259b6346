package dev.annulus.spark.job;

import dev.annulus.config.RunConfig;
import dev.annulus.config.StageSettings;
import dev.annulus.spark.console.ProgressLine;
import dev.annulus.spark.console.Units;
import dev.annulus.trainer.train.StepReport;
import java.util.List;
import java.util.Locale;

/**
 * Steps as a live line: stage, step, loss, tokens/s, share of time waiting for the ring, time left.
 */
final class TrainingProgress implements AutoCloseable {
  private final List<StageSettings> stages;
  private final ProgressLine line;
  private double millisecondsPerToken;

  TrainingProgress(RunConfig config, ProgressLine line) {
    this.stages = config.stages();
    this.line = line;
  }

  /** Shows a step. */
  void onStep(StepReport report) {
    int stage = indexOf(report.stage());
    StageSettings settings = stages.get(stage);
    long before = stages.subList(0, stage).stream().mapToLong(StageSettings::steps).sum();
    long step = report.step() - before;
    boolean edge = step == 1 || step == settings.steps();
    line.update(
        String.format(
            Locale.ROOT,
            "stage %d/%d %s  step %d/%d  loss %s  %s tokens/s  waiting for the ring %s  %s left",
            stage + 1,
            stages.size(),
            report.stage(),
            step,
            settings.steps(),
            Units.loss(report.loss()),
            Units.count(report.tokensPerSecond()),
            Units.percent(report.stepMs() == 0 ? 0 : report.waitMs() / report.stepMs()),
            Units.duration(secondsLeft(report, stage, step))),
        edge);
  }

  /** The steps that are left at the recent cost of a token of a row. */
  private double secondsLeft(StepReport report, int stage, long step) {
    double ofStep = report.stepMs() / rowTokens(stages.get(stage));
    millisecondsPerToken =
        millisecondsPerToken == 0 ? ofStep : 0.9 * millisecondsPerToken + 0.1 * ofStep;
    double tokens = rowTokens(stages.get(stage)) * (stages.get(stage).steps() - step);
    for (StageSettings later : stages.subList(stage + 1, stages.size())) {
      tokens += rowTokens(later) * later.steps();
    }
    return tokens * millisecondsPerToken / 1e3;
  }

  private static double rowTokens(StageSettings stage) {
    return (double) stage.sequenceLength() * stage.sequencesPerStep();
  }

  private int indexOf(String stage) {
    for (int i = 0; i < stages.size(); i++) {
      if (stages.get(i).name().equals(stage)) {
        return i;
      }
    }
    throw new IllegalArgumentException("a step of an unknown stage: " + stage);
  }

  @Override
  public void close() {
    line.close();
  }
}
