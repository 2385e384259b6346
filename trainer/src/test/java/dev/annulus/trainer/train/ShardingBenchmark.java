package dev.annulus.trainer.train;

import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.trainer.huggingface.DurableFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What full sharding saves of a worker's memory, and what it costs of a step: two or more workers
 * of one thread in this process, once with {@code parallel.sharding: optimizer}, which is the
 * denominator, and once with {@code full}, in turn. Peak of the device on the rank that holds most;
 * median of the steps behind the first. Arguments: tokens (default 512), workers (2), pairs (2).
 */
public final class ShardingBenchmark {
  private static final Map<String, Object> MODEL =
      Map.of(
          "vocab_size", 8192,
          "hidden_size", 512,
          "intermediate_size", 1536,
          "num_hidden_layers", 8,
          "num_attention_heads", 8,
          "num_key_value_heads", 4);

  private static final int STEPS = 5;

  private ShardingBenchmark() {}

  /** Of one run. */
  private record Measured(long peak, double stepMs, double sent, double loss) {}

  /** Prints a line a pair. */
  public static void main(String[] arguments) throws Exception {
    int tokens = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 512;
    int workers = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 2;
    int pairs = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 2;
    for (int pair = 0; pair < pairs; pair++) {
      Measured optimizer = run(tokens, workers, false);
      Measured full = run(tokens, workers, true);
      System.out.printf(
          Locale.ROOT,
          "%d workers, %d tokens each: held by one %.1f MB with optimizer, %.1f MB with full"
              + " (%.3f); step %.0f ms, %.0f ms (%.3f); sent by all in %d steps %.0f MB, %.0f MB;"
              + " last loss %s, %s%n",
          workers,
          tokens,
          optimizer.peak() / 1e6,
          full.peak() / 1e6,
          (double) full.peak() / optimizer.peak(),
          optimizer.stepMs(),
          full.stepMs(),
          full.stepMs() / optimizer.stepMs(),
          STEPS,
          optimizer.sent(),
          full.sent(),
          optimizer.loss(),
          full.loss());
    }
  }

  private static Measured run(int tokens, int workers, boolean full) throws Exception {
    Path folder = Files.createTempDirectory("sharding");
    try {
      TinyRun run =
          TinyRun.of(TinyRun.stage("only", tokens, STEPS, workers)).model(MODEL).mesh(1, workers);
      Gang gang =
          new Gang(run, folder, stage -> RowsInMemory.random(1, 8, tokens, 8192, false))
              .device(() -> new CpuDevice(1));
      (full ? gang.fullSharding() : gang).run();
      List<StepReport> reports = gang.reports;
      double[] steps =
          reports.stream().skip(1).mapToDouble(StepReport::stepMs).sorted().toArray();
      return new Measured(
          reports.getLast().deviceBytesPeak(),
          (steps[(steps.length - 1) / 2] + steps[steps.length / 2]) / 2,
          gang.bytesSent.get() / 1e6,
          reports.getLast().loss());
    } finally {
      DurableFiles.deleteTree(folder);
    }
  }
}
