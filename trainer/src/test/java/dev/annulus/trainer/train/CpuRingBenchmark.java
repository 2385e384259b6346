package dev.annulus.trainer.train;

import dev.annulus.config.HalfFineTuningSettings;
import dev.annulus.config.OptimizerSettings;
import dev.annulus.config.ScheduleSettings;
import dev.annulus.config.StageSettings;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.device.cpu.CpuDevice;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;

/**
 * Whole runs on the CPU in two shapes that take turns, from memory to reports; medians of the step
 * times that the runs report, the first step left out: a ring of two workers of one thread against
 * one worker of two. Arguments: tokens, steps.
 */
public final class CpuRingBenchmark {
  private static final int TURNS = 2;

  /** All activations of 8,192 tokens fit into a small machine. */
  private static final int LAYERS = 2;

  private final int tokens;
  private final int steps;

  private CpuRingBenchmark(int tokens, int steps) {
    this.tokens = tokens;
    this.steps = steps;
  }

  /** Prints a line. */
  public static void main(String[] arguments) throws Exception {
    new CpuRingBenchmark(Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1])).ring();
  }

  private void ring() throws Exception {
    double[] one = new double[TURNS];
    double[] two = new double[TURNS];
    double waited = 0;
    for (int turn = 0; turn < TURNS; turn++) {
      one[turn] = medianMs(run(1, 2).reports);
      Gang ring = run(2, 1);
      two[turn] = medianMs(ring.reports);
      waited = ring.reports.getLast().waitMs() / ring.reports.getLast().stepMs();
    }
    System.out.printf(
        Locale.ROOT,
        "%d tokens, %d layers, %d steps a turn: one worker of two threads %s ms a step, a ring of"
            + " two of one thread %s ms: %.3f; waiting for the ring %.1f %%%n",
        tokens,
        LAYERS,
        steps,
        Arrays.toString(one),
        Arrays.toString(two),
        mean(two) / mean(one),
        100 * waited);
  }

  private Gang run(int context, int threads) throws Exception {
    int[] document = new Random(5).ints(tokens, 0, 8192).toArray();
    PackedRow row = RowsInMemory.pack(tokens, List.of(document), false);
    StageSettings stage =
        new StageSettings(
            "measured",
            tokens,
            OptionalDouble.empty(),
            steps,
            1,
            1e-5,
            new ScheduleSettings(ScheduleSettings.Name.CONSTANT, 0, 0),
            new OptimizerSettings(OptimizerSettings.Name.ADAMW, 0.9, 0.95, 1e-8, 0.1, 1),
            new HalfFineTuningSettings(false, 7));
    Gang gang =
        new Gang(
                TinyRun.of(stage).model(model()).mesh(context, 1),
                Files.createTempDirectory("annulus-benchmark"),
                index -> new RowsInMemory(tokens, List.of(row)))
            .device(() -> new CpuDevice(threads));
    gang.run();
    return gang;
  }

  private Map<String, Object> model() {
    Map<String, Object> keys = new HashMap<>();
    keys.put("vocab_size", 8192);
    keys.put("hidden_size", 512);
    keys.put("intermediate_size", 1536);
    keys.put("num_hidden_layers", LAYERS);
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
