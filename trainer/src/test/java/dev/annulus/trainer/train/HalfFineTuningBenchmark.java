package dev.annulus.trainer.train;

import dev.annulus.config.HalfFineTuningSettings;
import dev.annulus.config.StageSettings;
import dev.annulus.device.counting.DeviceTraits;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.trainer.huggingface.DurableFiles;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.plan.RunPlan;
import dev.annulus.trainer.plan.StagePlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/**
 * Half fine-tuning against full: bytes of the optimiser on a worker, bytes sent to reduce gradients
 * and hand out weights, time of a step. On two workers of one thread that have no ring, so that all
 * they send is that; bytes are those of the links, between runs of two lengths, and stand beside
 * the share that follows from the trained weights. The two kinds of run take turns; medians of
 * steps. Arguments: tokens (default 512), pairs of runs (3).
 */
public final class HalfFineTuningBenchmark {
  private static final int SHORT = 3;
  private static final int LONG = 7;
  private static final Map<String, Object> MODEL =
      Map.of(
          "vocab_size", 1024,
          "hidden_size", 512,
          "intermediate_size", 1536,
          "num_hidden_layers", 8,
          "num_attention_heads", 8,
          "num_key_value_heads", 4);

  private final int tokens;

  private HalfFineTuningBenchmark(int tokens) {
    this.tokens = tokens;
  }

  /** What a run of one kind takes. */
  private record Taken(double momentBytes, double sentBytes, double stepMs, double share) {}

  /** Prints a line. */
  public static void main(String[] arguments) throws Exception {
    int tokens = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 512;
    int pairs = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
    HalfFineTuningBenchmark benchmark = new HalfFineTuningBenchmark(tokens);
    double[] stepRatios = new double[pairs];
    Taken full = null;
    Taken half = null;
    for (int pair = 0; pair < pairs; pair++) {
      full = benchmark.take(false);
      half = benchmark.take(true);
      stepRatios[pair] = half.stepMs() / full.stepMs();
    }
    Arrays.sort(stepRatios);
    double weights =
        ParameterLayout.of(LlamaConfig.fromRunConfig(MODEL)).parameters() * (double) Float.BYTES;
    System.out.printf(
        Locale.ROOT,
        "2 workers, %d tokens a row: trained share %.4f; optimiser on a worker %.2f and %.2f MB,"
            + " ratio %.4f, the full one %.4f of two moments a weight; sent a step %.2f and %.2f"
            + " MB, ratio %.4f, the full one %.4f of two times the weights; step %.0f and %.0f ms,"
            + " ratio %.3f%n",
        tokens,
        half.share(),
        full.momentBytes() / 1e6,
        half.momentBytes() / 1e6,
        half.momentBytes() / full.momentBytes(),
        full.momentBytes() / (2 * weights),
        full.sentBytes() / 1e6,
        half.sentBytes() / 1e6,
        half.sentBytes() / full.sentBytes(),
        full.sentBytes() / (2 * weights),
        full.stepMs(),
        half.stepMs(),
        stepRatios[pairs / 2]);
  }

  private Taken take(boolean half) throws Exception {
    Path folder = Files.createTempDirectory("half");
    try {
      TinyRun few = run(half, SHORT);
      TinyRun more = run(half, LONG);
      Gang first = gang(few, folder.resolve("few"));
      first.run();
      Gang second = gang(more, folder.resolve("more"));
      second.run();
      double sent = (second.bytesSent.get() - first.bytesSent.get()) / (double) (LONG - SHORT);
      double[] steps =
          second.reports.stream().skip(2).mapToDouble(StepReport::stepMs).sorted().toArray();
      StagePlan plan;
      try (CpuDevice device = new CpuDevice(1)) {
        plan =
            RunPlan.of(
                    more.config(folder.toString()),
                    LlamaConfig.fromRunConfig(MODEL),
                    DeviceTraits.of(device, 0))
                .stages()
                .getFirst();
      }
      return new Taken(plan.memory().moments(), sent, steps[steps.length / 2], plan.trainedShare());
    } finally {
      DurableFiles.deleteTree(folder);
    }
  }

  private Gang gang(TinyRun run, Path folder) {
    return new Gang(run, folder, stage -> RowsInMemory.random(1, 8, tokens, 1024, false))
        .device(() -> new CpuDevice(1));
  }

  private TinyRun run(boolean half, int steps) {
    StageSettings plain = TinyRun.stage("only", tokens, steps, 2);
    StageSettings stage =
        new StageSettings(
            plain.name(),
            plain.sequenceLength(),
            plain.ropeTheta(),
            plain.steps(),
            plain.sequencesPerStep(),
            plain.learningRate(),
            plain.schedule(),
            plain.optimizer(),
            new HalfFineTuningSettings(half, 7));
    return TinyRun.of(stage).model(MODEL).mesh(1, 2);
  }
}
