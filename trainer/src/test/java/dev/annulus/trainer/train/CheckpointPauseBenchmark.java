package dev.annulus.trainer.train;

import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.trainer.checkpoint.CheckpointFile;
import dev.annulus.trainer.checkpoint.CheckpointStore;
import dev.annulus.trainer.checkpoint.LocalCheckpointStore;
import dev.annulus.trainer.huggingface.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How long training stands still for a checkpoint, on two workers of one thread: the copy to host
 * memory, and what is beyond it, as a share of a step; and how much longer the step behind takes
 * while the copy is written by the cores that compute. Medians on rank 0; the denominator is the
 * median step that nothing is written beside, of the same run. Arguments: tokens (default 1024),
 * checkpoints (4), folder (of the system).
 */
public final class CheckpointPauseBenchmark {
  private static final Map<String, Object> MODEL =
      Map.of(
          "vocab_size", 8192,
          "hidden_size", 512,
          "intermediate_size", 1536,
          "num_hidden_layers", 4,
          "num_attention_heads", 8,
          "num_key_value_heads", 4);

  private CheckpointPauseBenchmark() {}

  /** When rank 0 did what, by step: nanoseconds. */
  private record Times(
      Map<Long, Long> reported,
      Map<Long, Long> copied,
      Map<Long, Long> written,
      Map<Long, Double> stepMs) {}

  /** Prints a line. */
  public static void main(String[] arguments) throws Exception {
    int tokens = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1024;
    int checkpoints = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 4;
    Path folder =
        arguments.length > 2
            ? Files.createTempDirectory(Path.of(arguments[2]), "pause")
            : Files.createTempDirectory("pause");
    try {
      run(tokens, checkpoints, folder);
    } finally {
      DurableFiles.deleteTree(folder);
    }
  }

  private static void run(int tokens, int checkpoints, Path folder) throws Exception {
    Times times =
        new Times(
            new ConcurrentHashMap<>(),
            new ConcurrentHashMap<>(),
            new ConcurrentHashMap<>(),
            new ConcurrentHashMap<>());
    int every = 3;
    int steps = every * (checkpoints + 1) + 2;
    TinyRun run =
        TinyRun.of(TinyRun.stage("only", tokens, steps, 2))
            .model(MODEL)
            .mesh(1, 2)
            .checkpoints(every, 1);
    List<RunReport> done =
        new Gang(run, folder, stage -> RowsInMemory.random(1, 8, tokens, 8192, false))
            .device(() -> new CpuDevice(1))
            .store(store -> watched(folder, times))
            .listener(
                report -> {
                  times.reported().putIfAbsent(report.step(), System.nanoTime());
                  times.stepMs().put(report.step(), report.stepMs());
                })
            .run();
    report(times, every, checkpoints, done.getFirst().steps(), size(folder));
  }

  private static CheckpointStore watched(Path folder, Times times) {
    return new PassingStore(new LocalCheckpointStore(folder.resolve("checkpoints"))) {
      @Override
      public void prepare(long step) {
        times.copied().put(step, System.nanoTime());
        super.prepare(step);
      }

      @Override
      public void writePart(long step, int part, List<CheckpointFile> files) {
        super.writePart(step, part, files);
        times.written().merge(step, System.nanoTime(), Math::max);
      }
    };
  }

  private static void report(Times times, int every, int checkpoints, long steps, long bytes) {
    List<Double> copy = new ArrayList<>();
    List<Double> beyond = new ArrayList<>();
    List<Double> behind = new ArrayList<>();
    List<Double> undisturbed = new ArrayList<>();
    List<Double> writing = new ArrayList<>();
    // The first warms up.
    for (int i = 2; i <= checkpoints + 1; i++) {
      long step = (long) every * i;
      double copied = ms(times.copied().get(step) - times.reported().get(step));
      double next = ms(times.reported().get(step + 1) - times.reported().get(step));
      copy.add(copied);
      beyond.add(next - times.stepMs().get(step + 1) - copied);
      behind.add(times.stepMs().get(step + 1));
      undisturbed.add(times.stepMs().get(step));
      writing.add(ms(times.written().get(step) - times.copied().get(step)));
    }
    double step = median(undisturbed);
    System.out.printf(
        Locale.ROOT,
        "%d steps, checkpoint of %.0f MB by 2 ranks: step %.0f ms; copy %.1f ms (%.4f of a step),"
            + " beyond it %.1f ms (%.4f of a step); written in %.0f ms, the step beside that"
            + " %.3f of one%n",
        steps,
        bytes / 1e6,
        step,
        median(copy),
        median(copy) / step,
        median(beyond),
        median(beyond) / step,
        median(writing),
        median(behind) / step);
  }

  private static double ms(long nanoseconds) {
    return nanoseconds / 1e6;
  }

  private static long size(Path folder) throws IOException {
    try (var files = Files.walk(folder.resolve("checkpoints"))) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
