package dev.annulus.trainer.train;

import dev.annulus.config.HalfFineTuningSettings;
import dev.annulus.config.OptimizerSettings;
import dev.annulus.config.ParallelSettings;
import dev.annulus.config.ScheduleSettings;
import dev.annulus.config.StageSettings;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.trainer.freeze.StageFreeze;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ParameterLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;

/**
 * Whole runs on the CPU in two shapes that take turns, from memory to reports; medians of the step
 * times that the runs report, the first step left out. {@code main("ring", TOKENS, STEPS)}: a ring
 * of two workers of one thread against one worker of two. {@code main("half", TOKENS, STEPS)}: half
 * fine-tuning against all weights on one worker of two threads, and what two rings send to sum
 * their gradients.
 */
public final class CpuShapesBenchmark {
  private static final int TURNS = 2;

  /** Bytes do not depend on them: as few as keep the runs that count bytes short. */
  private static final int COUNTED_TOKENS = 64;

  private final int tokens;
  private final int steps;
  private final int layers;
  private final int rowsPerStep;

  private CpuShapesBenchmark(int tokens, int steps, int layers, int rowsPerStep) {
    this.tokens = tokens;
    this.steps = steps;
    this.layers = layers;
    this.rowsPerStep = rowsPerStep;
  }

  /** Prints a line. */
  public static void main(String[] arguments) throws Exception {
    int tokens = Integer.parseInt(arguments[1]);
    int steps = Integer.parseInt(arguments[2]);
    switch (arguments[0]) {
      case "ring" -> new CpuShapesBenchmark(tokens, steps, 2, 1).ring();
      case "half" -> new CpuShapesBenchmark(tokens, steps, 8, 1).half();
      default -> throw new IllegalArgumentException(arguments[0] + ", expected ring or half");
    }
  }

  private void ring() throws Exception {
    double[] one = new double[TURNS];
    double[] two = new double[TURNS];
    double waited = 0;
    for (int turn = 0; turn < TURNS; turn++) {
      one[turn] = medianMs(run(1, 1, 2, false, steps).reports);
      Gang ring = run(2, 1, 1, false, steps);
      two[turn] = medianMs(ring.reports);
      waited = ring.reports.getLast().waitMs() / ring.reports.getLast().stepMs();
    }
    System.out.printf(
        Locale.ROOT,
        "%d tokens, %d layers, %d steps a turn: one worker of two threads %s ms a step, a ring of"
            + " two of one thread %s ms: %.3f; waiting for the ring %.1f %%%n",
        tokens,
        layers,
        steps,
        Arrays.toString(one),
        Arrays.toString(two),
        mean(two) / mean(one),
        100 * waited);
  }

  private void half() throws Exception {
    double[] full = new double[TURNS];
    double[] half = new double[TURNS];
    for (int turn = 0; turn < TURNS; turn++) {
      full[turn] = medianMs(run(1, 1, 2, false, steps).reports);
      half[turn] = medianMs(run(1, 1, 2, true, steps).reports);
    }
    CpuShapesBenchmark counted =
        new CpuShapesBenchmark(COUNTED_TOKENS, steps, layers, 2);
    LlamaConfig model = LlamaConfig.fromRunConfig(model());
    StageFreeze freeze = StageFreeze.atMost(stage(true, 1), 0, model);
    double all = ParameterLayout.of(model).parameters();
    System.out.printf(
        Locale.ROOT,
        "%d tokens, %d layers, %d steps a turn: all weights %s ms a step, half %s ms: %.3f;"
            + " trained share computed %.4f, of AdamW's bytes %.4f, of the bytes that two rings"
            + " send to sum gradients %.4f%n",
        tokens,
        layers,
        steps,
        Arrays.toString(full),
        Arrays.toString(half),
        mean(half) / mean(full),
        freeze.trainable().parameters() / all,
        (double) counted.optimizerBytes(true) / counted.optimizerBytes(false),
        (double) counted.reductionBytes(true) / counted.reductionBytes(false));
  }

  /** Of the files with moments that a run leaves in its last checkpoint. */
  private long optimizerBytes(boolean half) throws Exception {
    Path folder = Files.createTempDirectory("annulus-benchmark");
    gang(folder, 1, 1, 2, half, 1).run();
    try (var files = Files.walk(folder.resolve("checkpoints"))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("exp_avg"))
          .mapToLong(file -> file.toFile().length())
          .sum();
    }
  }

  /** That a third step adds to a run of two; no block goes round a ring of one. */
  private long reductionBytes(boolean half) throws Exception {
    return run(1, 2, 1, half, 3).bytesSent.get() - run(1, 2, 1, half, 2).bytesSent.get();
  }

  private Gang run(int context, int data, int threads, boolean half, int count) throws Exception {
    Gang gang =
        gang(Files.createTempDirectory("annulus-benchmark"), context, data, threads, half, count);
    gang.run();
    return gang;
  }

  private Gang gang(Path folder, int context, int data, int threads, boolean half, int count)
      throws IOException {
    TinyRun run =
        TinyRun.of(stage(half, count))
            .model(model())
            .mesh(context, data)
            .layout(ParallelSettings.Layout.ZIGZAG);
    int[] document = new Random(5).ints(tokens, 0, 8192).toArray();
    PackedRow row = RowsInMemory.pack(tokens, List.of(document), false);
    return new Gang(run, folder, stage -> new RowsInMemory(tokens, List.of(row)))
        .device(() -> new CpuDevice(threads));
  }

  private StageSettings stage(boolean half, int count) {
    return new StageSettings(
        "measured",
        tokens,
        OptionalDouble.empty(),
        count,
        rowsPerStep,
        1e-5,
        new ScheduleSettings(ScheduleSettings.Name.CONSTANT, 0, 0),
        new OptimizerSettings(OptimizerSettings.Name.ADAMW, 0.9, 0.95, 1e-8, 0.1, 1),
        new HalfFineTuningSettings(half, 7));
  }

  private Map<String, Object> model() {
    Map<String, Object> keys = new HashMap<>();
    keys.put("vocab_size", 8192);
    keys.put("hidden_size", 512);
    keys.put("intermediate_size", 1536);
    keys.put("num_hidden_layers", layers);
    keys.put("num_attention_heads", 8);
    keys.put("num_key_value_heads", 4);
    return keys;
  }

  private static double medianMs(List<StepReport> reports) {
    double[] times = reports.stream().skip(1).mapToDouble(StepReport::stepMs).sorted().toArray();
    return times[times.length / 2];
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }
}
