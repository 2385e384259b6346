package dev.annulus.trainer.merge;

import dev.annulus.config.MergePrecision;
import dev.annulus.trainer.huggingface.JsonFiles;
import dev.annulus.trainer.huggingface.SafetensorsLayout;
import dev.annulus.trainer.huggingface.SafetensorsType;
import dev.annulus.trainer.huggingface.WeightFiles;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.ParameterSpec;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;

/**
 * A synthetic Llama of 1.1 billion weights in bf16 with fine-tuned models, and what a merge of them
 * is measured against.
 *
 * <ul>
 *   <li>{@code make DIR LAYERS}: writes {@code DIR/base} and {@code DIR/model1} to {@code model4};
 *       22 layers make 1.1 billion weights
 *   <li>{@code copy DIR}: reads base and three models and writes as much as the merge does, nothing
 *       else
 *   <li>{@code decompose DIR LAYERS THREADS}: the decompositions of one fold alone, and the
 *       products around them, one a shape, times their number
 * </ul>
 */
final class MergeBenchmark {
  private static final int CHUNK = 1 << 20;

  private MergeBenchmark() {}

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[1]);
    switch (args[0]) {
      case "make" -> make(folder, config(Integer.parseInt(args[2])));
      case "copy" -> copy(folder);
      case "decompose" -> decompose(config(Integer.parseInt(args[2])), Integer.parseInt(args[3]));
      default -> throw new IllegalArgumentException("make, copy or decompose");
    }
  }

  private static LlamaConfig config(int layers) {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("vocab_size", 32000);
    keys.put("hidden_size", 2048);
    keys.put("intermediate_size", 5632);
    keys.put("num_hidden_layers", layers);
    keys.put("num_attention_heads", 32);
    keys.put("num_key_value_heads", 4);
    return LlamaConfig.fromRunConfig(keys);
  }

  private static void make(Path folder, LlamaConfig config) throws IOException {
    write(folder.resolve("base"), config, 0);
    for (int model = 1; model <= 4; model++) {
      write(folder.resolve("model" + model), config, model);
      System.out.println("model " + model + " written");
    }
  }

  /** The base is random; a model is the base and a tenth of its size of other random numbers. */
  private static void write(Path folder, LlamaConfig llama, int model) throws IOException {
    Files.createDirectories(folder);
    Map<String, Object> config = new LinkedHashMap<>(llama.toJson());
    config.put("torch_dtype", "bfloat16");
    JsonFiles.write(folder.resolve("config.json"), config);
    List<SafetensorsLayout.Field> fields = new ArrayList<>();
    for (ParameterSpec spec : ParameterLayout.of(llama).specs()) {
      fields.add(new SafetensorsLayout.Field(spec.name(), SafetensorsType.BF16, spec.shape()));
    }
    try (FileChannel channel =
        FileChannel.open(
            folder.resolve(WeightFiles.SINGLE),
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE)) {
      StateFile.writeFully(channel, ByteBuffer.wrap(SafetensorsLayout.of(fields).header()));
      ByteBuffer bytes = ByteBuffer.allocateDirect(2 * CHUNK).order(ByteOrder.LITTLE_ENDIAN);
      for (SafetensorsLayout.Field field : fields) {
        SplittableRandom base = new SplittableRandom(field.name().hashCode());
        SplittableRandom change = new SplittableRandom(field.name().hashCode() * 31L + model);
        long size = field.bytes() / 2;
        for (long start = 0; start < size; start += CHUNK) {
          bytes.clear();
          for (int i = 0; i < Math.min(CHUNK, size - start); i++) {
            // Sums of uniform numbers: near enough to normal, and fast.
            double value = base.nextDouble() + base.nextDouble() - 1;
            if (model > 0) {
              value += 0.1 * (change.nextDouble() + change.nextDouble() - 1);
            }
            NumberFormat.put(0.05 * value, SafetensorsType.BF16, bytes);
          }
          StateFile.writeFully(channel, bytes.flip());
        }
      }
    }
  }

  private static void copy(Path folder) throws IOException {
    long started = System.nanoTime();
    long read = 0;
    Path target = folder.resolve("copy.bin");
    ByteBuffer bytes = ByteBuffer.allocateDirect(1 << 22);
    try (FileChannel out =
        FileChannel.open(
            target,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      for (String name : List.of("base", "model1", "model2", "model3")) {
        try (FileChannel in =
            FileChannel.open(
                folder.resolve(name).resolve(WeightFiles.SINGLE), StandardOpenOption.READ)) {
          for (bytes.clear(); in.read(bytes) >= 0; bytes.clear()) {
            bytes.flip();
            read += bytes.remaining();
            if (name.equals("base")) {
              StateFile.writeFully(out, bytes);
            }
          }
        }
      }
      out.force(true);
    }
    Files.delete(target);
    System.out.printf(
        Locale.ROOT,
        "read %.1f GB, wrote %.1f GB: %.1f s%n",
        read / 1e9,
        read / 4e9,
        (System.nanoTime() - started) / 1e9);
  }

  private static void decompose(LlamaConfig config, int threads) throws Exception {
    Map<List<Long>, Integer> counts = new LinkedHashMap<>();
    for (ParameterSpec spec : ParameterLayout.of(config).specs()) {
      if (MergeTensor.of(spec.name(), spec.shape()).role() == MergeTensor.Role.PROJECTED) {
        counts.merge(spec.shape(), 1, Integer::sum);
      }
    }
    double decompositions = 0;
    double products = 0;
    for (Map.Entry<List<Long>, Integer> entry : counts.entrySet()) {
      List<Callable<double[]>> same = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        same.add(() -> seconds(entry.getKey()));
      }
      double[] mean = new double[2];
      try (var pool = Executors.newFixedThreadPool(threads)) {
        for (var result : pool.invokeAll(same)) {
          mean[0] += result.get()[0] / threads;
          mean[1] += result.get()[1] / threads;
        }
      }
      System.out.printf(
          Locale.ROOT,
          "%s: decomposition %.2f s, products %.2f s, %d of them%n",
          entry.getKey(),
          mean[0],
          mean[1],
          entry.getValue());
      decompositions += mean[0] * entry.getValue();
      products += mean[1] * entry.getValue();
    }
    System.out.printf(
        Locale.ROOT,
        "one fold on %d threads: decompositions %.1f s, products %.1f s%n",
        threads,
        decompositions / threads,
        products / threads);
  }

  /** Seconds of the decomposition, and of what is done with it. */
  private static double[] seconds(List<Long> shape) {
    MergeTensor tensor = MergeTensor.of("weight", shape);
    try (Arena arena = Arena.ofConfined()) {
      RunningTensor sum = random(arena, tensor, 1);
      RunningTensor delta = random(arena, tensor, 2);
      long started = System.nanoTime();
      try (GramDirections directions = GramDirections.of(tensor, sum)) {
        long decomposed = System.nanoTime();
        int r = new OrthogonalProjection(0.5).protectedDirections(directions.values());
        directions.addOutsideOf(delta, r);
        return new double[] {(decomposed - started) / 1e9, (System.nanoTime() - decomposed) / 1e9};
      }
    }
  }

  private static RunningTensor random(Arena arena, MergeTensor tensor, long seed) {
    RunningTensor numbers = new RunningTensor(arena, MergePrecision.FLOAT32, tensor.size());
    SplittableRandom random = new SplittableRandom(seed);
    double[] values = new double[Elements.STRETCH];
    Elements.forEachStretch(
        tensor.size(),
        (start, count) -> {
          for (int i = 0; i < count; i++) {
            values[i] = random.nextDouble() + random.nextDouble() - 1;
          }
          numbers.write(start, values, count);
        });
    return numbers;
  }
}
