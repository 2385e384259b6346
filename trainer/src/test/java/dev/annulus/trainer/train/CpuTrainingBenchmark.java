package dev.annulus.trainer.train;

import dev.annulus.config.OptimizerSettings;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.HostMemory;
import dev.annulus.device.Tensor;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.device.cpu.CpuThreads;
import dev.annulus.device.cpu.OpenBlas;
import dev.annulus.device.cpu.OpenBlas.Operand;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.Range;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import dev.annulus.ring.RingAttention;
import dev.annulus.ring.RingSchedule;
import dev.annulus.ring.Route;
import dev.annulus.trainer.model.ComputeSettings;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.LlamaModel;
import dev.annulus.trainer.model.LocalRow;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.optimizer.AdamWState;
import dev.annulus.trainer.optimizer.GradientClipping;
import dev.annulus.trainer.optimizer.OptimizerStep;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Whole training steps of a small Llama on the CPU, one row a step: FLOP/s of the model as a share
 * of OpenBLAS sgemm 2048 cubed, its rows shared out over as many threads, taking turns with the
 * steps; medians. Arguments: threads (default 2), tokens (2048), steps (5).
 *
 * <p>FLOPs are 6 for each weight of a matrix product and token, and 14 for each visible pair of
 * tokens, dimension of a head, head and layer. The optimiser's time counts, its FLOPs do not.
 */
public final class CpuTrainingBenchmark {
  private static final int SQUARE = 2048;
  private static final LlamaConfig SMALL =
      LlamaConfig.fromRunConfig(
          Map.of(
              "vocab_size", 8192,
              "hidden_size", 512,
              "intermediate_size", 1536,
              "num_hidden_layers", 8,
              "num_attention_heads", 8,
              "num_key_value_heads", 4));

  private final int threadCount;
  private final int tokens;
  private final int steps;

  private CpuTrainingBenchmark(int threadCount, int tokens, int steps) {
    this.threadCount = threadCount;
    this.tokens = tokens;
    this.steps = steps;
  }

  /** Prints a line. */
  public static void main(String[] arguments) {
    int[] numbers = {2, 2048, 5};
    for (int i = 0; i < arguments.length; i++) {
      numbers[i] = Integer.parseInt(arguments[i]);
    }
    new CpuTrainingBenchmark(numbers[0], numbers[1], numbers[2]).run();
  }

  private void run() {
    ParameterLayout layout = ParameterLayout.of(SMALL);
    try (CpuDevice device = new CpuDevice(threadCount);
        CpuThreads threads = new CpuThreads(threadCount);
        DeviceArena arena = device.newArena();
        Link link = InProcessNetwork.create(1, Duration.ofSeconds(60), () -> false).getFirst();
        RingAttention attention = new RingAttention(device, SMALL.attentionShape(), link, tokens);
        HostMemory memory = new HostMemory()) {
      Parameters weights = Parameters.allocate(arena, layout);
      fill(weights);
      Parameters gradients = Parameters.allocate(arena, layout);
      Operand[] square = square(memory.newArena());
      try (AdamWState state = new AdamWState(device, layout);
          LlamaModel model =
              new LlamaModel(device, SMALL, weights, attention, tokens, ComputeSettings.PLAIN)) {
        Documents documents = new Documents(tokens, List.of(new Range(0, tokens)));
        RingSchedule schedule =
            RingSchedule.of(Layouts.of(Layout.CONTIGUOUS, documents, 1), documents, Route.RING);
        LocalRow row = row();
        double[] stepSeconds = new double[steps];
        double[] forwardBackward = new double[steps];
        double[] productSeconds = new double[steps];
        for (int i = -1; i < steps; i++) {
          int at = Math.max(i, 0);
          long start = System.nanoTime();
          product(threads, square);
          productSeconds[at] = (System.nanoTime() - start) / 1e9;
          start = System.nanoTime();
          device.kernels().fill(gradients.flat(), 0f);
          model.forwardBackward(row, schedule, i + 1, 1f / tokens, gradients);
          forwardBackward[at] = (System.nanoTime() - start) / 1e9;
          double norm = GradientClipping.norm(device.kernels(), gradients);
          OptimizerStep.apply(
              device.kernels(),
              model.weights(),
              gradients,
              state,
              new OptimizerSettings(OptimizerSettings.Name.ADAMW, 0.9, 0.95, 1e-8, 0.1, 1),
              1e-5,
              GradientClipping.factor(norm, 1),
              i + 2);
          stepSeconds[at] = (System.nanoTime() - start) / 1e9;
        }
        report(layout, median(stepSeconds), median(forwardBackward), median(productSeconds));
      }
    }
  }

  private void report(ParameterLayout layout, double step, double forwardBackward, double product) {
    double perToken = 6.0 * productWeights(layout);
    double area = tokens * (tokens + 1.0) / 2;
    double attention = 14.0 * area * SMALL.layers() * SMALL.attentionShape().queryColumns();
    double flop = perToken * tokens + attention;
    double sgemm = 2.0 * SQUARE * SQUARE * SQUARE / product / 1e9;
    System.out.printf(
        Locale.ROOT,
        "%s, %d threads, %d tokens, %d steps: %.0f GFLOP a step (%.2f of them attention); sgemm"
            + " %.1f GFLOP/s; step %.3f s, %.1f GFLOP/s = %.3f of sgemm; without optimiser %.3f%n",
        OpenBlas.coreName(),
        threadCount,
        tokens,
        steps,
        flop / 1e9,
        attention / flop,
        sgemm,
        step,
        flop / step / 1e9,
        flop / step / 1e9 / sgemm,
        flop / forwardBackward / 1e9 / sgemm);
  }

  /** All matrices but the table of embeddings, which is read; tied, it is the last product too. */
  private static long productWeights(ParameterLayout layout) {
    long weights = 0;
    for (ParameterSpec spec : layout.specs()) {
      if (!spec.isVector()) {
        weights += spec.size();
      }
    }
    long table = (long) SMALL.vocabSize() * SMALL.hiddenSize();
    return SMALL.tieWordEmbeddings() ? weights : weights - table;
  }

  private void product(CpuThreads threads, Operand[] square) {
    int rows = Math.ceilDiv(SQUARE, threadCount);
    threads.split(
        SQUARE,
        rows,
        (from, to) ->
            OpenBlas.sgemm(
                (int) (to - from),
                SQUARE,
                SQUARE,
                1,
                Operand.of(square[0].memory(), from * SQUARE, SQUARE),
                square[1],
                0,
                Operand.of(square[2].memory(), from * SQUARE, SQUARE)));
  }

  private static Operand[] square(DeviceArena arena) {
    Random random = new Random(SQUARE);
    Operand[] operands = new Operand[3];
    for (int i = 0; i < operands.length; i++) {
      Tensor tensor = arena.allocate(SQUARE, SQUARE);
      for (long e = 0; e < tensor.size(); e++) {
        tensor.setFloat(0, e, (float) random.nextGaussian());
      }
      operands[i] = Operand.of(tensor.memory(), 0, SQUARE);
    }
    return operands;
  }

  private static void fill(Parameters weights) {
    Random random = new Random(3);
    for (ParameterSpec spec : weights.layout().specs()) {
      Tensor tensor = weights.get(spec);
      for (long i = 0; i < spec.size(); i++) {
        float value = spec.isVector() ? 1f : (float) (0.02 * random.nextGaussian());
        tensor.setFloat(0, i, value);
      }
    }
  }

  private LocalRow row() {
    Random random = new Random(5);
    int[] ids = random.ints(tokens, 0, SMALL.vocabSize()).toArray();
    int[] targets = random.ints(tokens, 0, SMALL.vocabSize()).toArray();
    int[] positions = new int[tokens];
    float[] lossWeights = new float[tokens];
    Arrays.setAll(positions, t -> t);
    Arrays.fill(lossWeights, 1f);
    int[] lengths = new int[tokens];
    Arrays.fill(lengths, tokens);
    return new LocalRow(ids, targets, positions, lossWeights, lengths);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
