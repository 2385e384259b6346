package dev.annulus.trainer.merge;

import dev.annulus.config.MergeConfig;
import dev.annulus.config.MergeMethodSettings;
import dev.annulus.config.MergePrecision;
import dev.annulus.trainer.huggingface.DurableFiles;
import dev.annulus.trainer.huggingface.SafetensorsType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * What one more model costs when 1, 2, 3 .. are in the state already: {@code main(DIR, WIDTH,
 * MODELS, ROUNDS)} makes a base of two blocks of that width and models of it, adds one after the
 * other through a state, each round anew, and prints seconds (median of the rounds) and the bytes
 * of state that were read, by how many came before.
 */
final class StateGrowthBenchmark {
  private final Path folder;
  private final int width;

  private StateGrowthBenchmark(Path folder, int width) {
    this.folder = folder;
    this.width = width;
  }

  public static void main(String[] args) throws IOException {
    int models = Integer.parseInt(args[2]);
    int rounds = Integer.parseInt(args[3]);
    StateGrowthBenchmark benchmark =
        new StateGrowthBenchmark(Path.of(args[0]), Integer.parseInt(args[1]));
    benchmark.makeModels(models);
    // A round that is not counted warms up the compiler and the file cache.
    benchmark.round(models, new double[models], new long[models]);
    double[][] seconds = new double[rounds][models];
    long[] stateBytes = new long[models];
    for (double[] round : seconds) {
      benchmark.round(models, round, stateBytes);
    }
    System.out.println("| models in the state | state read, bytes | seconds | over the second |");
    for (int before = 0; before < models; before++) {
      double median = median(seconds, before);
      System.out.printf(
          Locale.ROOT,
          "| %d | %d | %.3f | %.3f |%n",
          before,
          before == 0 ? 0 : stateBytes[before - 1],
          median,
          median / median(seconds, 1));
    }
  }

  private static double median(double[][] seconds, int model) {
    double[] sorted = Arrays.stream(seconds).mapToDouble(round -> round[model]).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /** Adds all models, one a merge. */
  private void round(int models, double[] seconds, long[] stateBytes) throws IOException {
    Path state = folder.resolve("state");
    DurableFiles.deleteTree(state);
    for (int model = 0; model < models; model++) {
      MergeRequest request = request(model, state);
      long started = System.nanoTime();
      ModelFolders.merge(request);
      seconds[model] = (System.nanoTime() - started) / 1e9;
      stateBytes[model] = bytes(state);
    }
  }

  private MergeRequest request(int model, Path state) {
    Path base = folder.resolve("base");
    return new MergeRequest(
        MergeMethodSettings.of(MergeMethodSettings.Method.OPCM),
        MergePrecision.FLOAT32,
        base,
        List.of(MergeModel.of(folder.resolve("model" + model).toString(), base.toString())),
        Optional.of(state).filter(Files::exists),
        Optional.of(state),
        folder.resolve("out"),
        Optional.of(MergeConfig.OutDtype.BFLOAT16),
        MergeConfig.Seen.REFUSE,
        true,
        Long.MAX_VALUE,
        "merge: {}\n");
  }

  private static long bytes(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .mapToLong(
              file -> {
                try {
                  return Files.size(file);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              })
          .sum();
    }
  }

  private void makeModels(int models) throws IOException {
    Map<String, ModelFolders.Values> weights = new LinkedHashMap<>();
    SplittableRandom random = new SplittableRandom(1);
    weights.put("model.embed_tokens.weight", values(random, 7, width));
    for (int block = 0; block < 2; block++) {
      String prefix = "model.layers." + block + ".";
      weights.put(prefix + "self_attn.q_proj.weight", values(random, width, width));
      weights.put(prefix + "self_attn.k_proj.weight", values(random, width / 4, width));
      weights.put(prefix + "mlp.up_proj.weight", values(random, 3 * width, width));
      weights.put(prefix + "mlp.down_proj.weight", values(random, width, 3 * width));
    }
    ModelFolders.write(folder.resolve("base"), SafetensorsType.BF16, weights);
    for (int model = 0; model < models; model++) {
      ModelFolders.write(
          folder.resolve("model" + model),
          SafetensorsType.BF16,
          ModelFolders.tuned(weights, 2 + model));
    }
  }

  private static ModelFolders.Values values(SplittableRandom random, int rows, int columns) {
    List<Long> shape = List.of((long) rows, (long) columns);
    double[] values = new double[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = 0.1 * random.nextGaussian();
    }
    return new ModelFolders.Values(shape, values);
  }
}
