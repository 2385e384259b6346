package dev.annulus.trainer.train;

import dev.annulus.config.DeviceSettings;
import dev.annulus.config.OptimizerSettings;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import dev.annulus.device.cuda.CudaDevice;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.Range;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import dev.annulus.ring.RingAttention;
import dev.annulus.ring.RingSchedule;
import dev.annulus.ring.Route;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.LlamaModel;
import dev.annulus.trainer.model.LocalRow;
import dev.annulus.trainer.model.MemoryPlan;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.optimizer.AdamWState;
import dev.annulus.trainer.optimizer.GradientClipping;
import dev.annulus.trainer.optimizer.OptimizerStep;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;

/**
 * Training steps of a Llama of 1.0 billion parameters on one GPU, in bf16, one row a step: tokens a
 * second, and the share of the tensor cores' 989 TFLOP/s that the model's products are (MFU, 6 N +
 * 6 layers hidden S operations a token). Arguments: TOKENS[/DOCUMENT[/MEMORY]], DOCUMENT being the
 * length of the documents in a row. Loss and norm of the gradient are of the last step: they are
 * the same to the bit whatever is kept. For short rows also which share of a step is lost because
 * the host is not always ahead of the GPU: median and quartiles of pairs of steps, one with the
 * host ahead and one without, after the same light work.
 */
public final class CudaTrainingBenchmark {
  private static final double PEAK_FLOPS = 989e12;

  /** Above it a step takes so long that one is timed, and none is needed to warm up. */
  private static final int LONG = 100_000;

  /** Up to it steps are also timed with the host ahead: later its share is nothing. */
  private static final int SHORT = 16_384;

  /** Milliseconds within which the host has queued a step. */
  private static final float LEAD = 60;

  private static final LlamaConfig BILLION =
      LlamaConfig.fromRunConfig(
          Map.of(
              "vocab_size", 32_000,
              "hidden_size", 2048,
              "intermediate_size", 5632,
              "num_hidden_layers", 22,
              "num_attention_heads", 16,
              "num_key_value_heads", 8,
              "head_dim", 128));

  private CudaTrainingBenchmark() {}

  /** Prints a line a case. */
  public static void main(String[] cases) {
    System.out.println(
        " tokens  document  memory           tokens/s    MFU   step ms  optimizer ms  peak GiB"
            + "  host GiB  loss      norm");
    for (String wanted : cases) {
      String[] parts = wanted.split("/", -1);
      int tokens = Integer.parseInt(parts[0]);
      int document = parts.length > 1 ? Integer.parseInt(parts[1]) : tokens;
      DeviceSettings.Memory memory =
          parts.length > 2
              ? DeviceSettings.Memory.valueOf(parts[2].toUpperCase(Locale.ROOT))
              : DeviceSettings.Memory.AUTO;
      try {
        run(tokens, document, memory);
      } catch (RuntimeException e) {
        System.out.println(wanted + ": " + e);
      }
    }
  }

  private static void run(int tokens, int document, DeviceSettings.Memory memory) {
    ParameterLayout layout = ParameterLayout.of(BILLION);
    try (CudaDevice device = new CudaDevice(0);
        DeviceArena arena = device.newArena();
        Link link = InProcessNetwork.create(1, Duration.ofSeconds(60), () -> false).getFirst();
        RingAttention attention =
            new RingAttention(device, BILLION.attentionShape(), link, tokens)) {
      HeadStart headStart = new HeadStart(device);
      Parameters weights = Parameters.allocate(arena, layout);
      fill(weights, device);
      DeviceSettings settings =
          new DeviceSettings(
              DeviceSettings.Kind.CUDA,
              DeviceSettings.Precision.BFLOAT16,
              memory,
              OptionalInt.empty());
      MemoryPlan plan = MemoryPlan.of(settings, BILLION, device, layout.size(), tokens, 1, true);
      Parameters gradients = Parameters.allocate(arena, layout);
      try (AdamWState state = new AdamWState(device, layout);
          LlamaModel model =
              new LlamaModel(
                  headStart.device(), BILLION, weights, attention, tokens, plan.settings())) {
        List<Range> ranges = new ArrayList<>();
        for (int from = 0; from < tokens; from += document) {
          ranges.add(new Range(from, Math.min(tokens, from + document)));
        }
        Documents documents = new Documents(tokens, ranges);
        RingSchedule schedule =
            RingSchedule.of(Layouts.of(Layout.CONTIGUOUS, documents, 1), documents, Route.RING);
        LocalRow row = row(tokens, document);
        int steps = tokens <= SHORT ? 15 : tokens <= LONG ? 2 : 1;
        int warmUps = tokens <= SHORT ? 15 : tokens <= LONG ? 1 : 0; // the host's code warms too
        double[] seconds = new double[steps];
        double optimizer = 0;
        double loss = 0;
        double norm = 0;
        for (int i = -warmUps; i < steps; i++) {
          long start = System.nanoTime();
          loss = model.forwardBackward(row, schedule, i, 1f / tokens, gradients, false);
          long middle = System.nanoTime();
          norm = update(device, model, gradients, state, i + warmUps + 1);
          device.synchronize();
          if (i >= 0) {
            seconds[i] = (System.nanoTime() - start) / 1e9;
            optimizer = (System.nanoTime() - middle) / 1e6;
          }
        }
        Arrays.sort(seconds);
        double median = seconds[steps / 2];
        double flops =
            6.0 * layout.parameters() + 6.0 * BILLION.layers() * BILLION.hiddenSize() * tokens;
        System.out.printf(
            Locale.ROOT,
            "%7d  %8d  %-15s  %8.0f  %5.3f  %8.1f  %12.1f  %8.1f  %8.1f  %.6f  %.9g",
            tokens,
            document,
            plan.settings().retention() + (plan.settings().offload() ? " away" : ""),
            tokens / median,
            flops * tokens / median / PEAK_FLOPS,
            1e3 * median,
            optimizer,
            device.peakBytes() / (double) (1 << 30),
            plan.hostBytes() / (double) (1 << 30),
            loss / tokens,
            norm);
        if (tokens <= SHORT) {
          double[] lost = new double[steps];
          for (int i = 0; i < steps; i++) {
            long at = steps + 2L * i;
            headStart.busyBefore(LEAD);
            long start = System.nanoTime();
            model.forwardBackward(row, schedule, at, 1f / tokens, gradients, false);
            update(device, model, gradients, state, at + warmUps + 1);
            device.synchronize();
            double taken = (System.nanoTime() - start) / 1e6;
            double ahead =
                headStart.millisOf(
                    () ->
                        model.forwardBackward(row, schedule, at + 1, 1f / tokens, gradients, false),
                    LEAD);
            ahead +=
                device.millisOf(() -> update(device, model, gradients, state, at + warmUps + 2));
            lost[i] = 100 * (1 - ahead / taken);
          }
          Arrays.sort(lost);
          System.out.printf(
              Locale.ROOT,
              "  lost between kernels %.1f %% (%.1f to %.1f)",
              lost[steps / 2],
              lost[steps / 4],
              lost[3 * steps / 4]);
        }
        System.out.println();
      }
    }
  }

  private static double update(
      CudaDevice device, LlamaModel model, Parameters gradients, AdamWState state, long step) {
    double norm = GradientClipping.norm(device.kernels(), gradients);
    OptimizerStep.apply(
        device.kernels(),
        model.weights(),
        gradients,
        state,
        new OptimizerSettings(OptimizerSettings.Name.ADAMW, 0.9, 0.95, 1e-8, 0.1, 1),
        1e-5,
        GradientClipping.factor(norm, 1),
        step);
    return norm;
  }

  /** Matrices of a few million draws over and over: those of a real start take minutes. */
  private static void fill(Parameters weights, CudaDevice device) {
    Random random = new Random(3);
    float[] draws = new float[1 << 22];
    for (int i = 0; i < draws.length; i++) {
      draws[i] = (float) (0.02 * random.nextGaussian());
    }
    MemorySegment host = MemorySegment.ofArray(draws);
    for (ParameterSpec spec : weights.layout().specs()) {
      Tensor column = weights.get(spec).reshape(spec.size(), 1);
      if (spec.isVector()) {
        device.kernels().fill(column, 1f);
        continue;
      }
      for (long from = 0; from < spec.size(); from += draws.length) {
        long to = Math.min(spec.size(), from + draws.length);
        device.upload(host.asSlice(0, 4 * (to - from)), column.rows(from, to));
      }
    }
  }

  private static LocalRow row(int tokens, int document) {
    Random random = new Random(5);
    int[] ids = random.ints(tokens, 0, BILLION.vocabSize()).toArray();
    int[] targets = random.ints(tokens, 0, BILLION.vocabSize()).toArray();
    int[] positions = new int[tokens];
    float[] lossWeights = new float[tokens];
    Arrays.setAll(positions, t -> t % document);
    Arrays.fill(lossWeights, 1f);
    int[] lengths = new int[tokens];
    Arrays.fill(lengths, document);
    return new LocalRow(ids, targets, positions, lossWeights, lengths);
  }
}
