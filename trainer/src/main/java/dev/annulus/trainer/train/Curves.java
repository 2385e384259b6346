package dev.annulus.trainer.train;

import java.util.LinkedHashMap;
import java.util.Map;

/** What of a step is worth a curve, under the names that TensorBoard groups by. */
final class Curves {
  private Curves() {}

  static Map<String, Double> of(StepReport report) {
    Map<String, Double> curves = new LinkedHashMap<>();
    curves.put("train/loss", report.loss());
    curves.put("train/loss_zscore", report.lossZscore());
    if (report.evaluationLoss() != null) {
      curves.put("evaluation/loss", report.evaluationLoss());
    }
    curves.put("train/grad_norm", report.gradNorm());
    curves.put("train/learning_rate", report.learningRate());
    curves.put("speed/tokens_per_second", report.tokensPerSecond());
    curves.put("speed/step_ms", report.stepMs());
    curves.put("speed/attention_ms", report.attentionMs());
    curves.put("data/reader_stall_ms", report.readerStallMs());
    curves.put("ring/wait_ms", report.waitMs());
    curves.put("ring/bytes_sent", (double) report.ringBytesSent());
    curves.put("data/packing_efficiency", report.packingEfficiency());
    curves.put("memory/device_bytes_peak", (double) report.deviceBytesPeak());
    return curves;
  }
}
