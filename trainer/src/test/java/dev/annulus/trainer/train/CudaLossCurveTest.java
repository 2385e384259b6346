package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.annulus.config.OptimizerSettings;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import dev.annulus.device.cuda.CudaDevice;
import dev.annulus.device.cuda.CudaUnavailableException;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
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
import dev.annulus.trainer.model.Retention;
import dev.annulus.trainer.optimizer.AdamWState;
import dev.annulus.trainer.optimizer.GradientClipping;
import dev.annulus.trainer.optimizer.OptimizerStep;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** 200 steps on a GPU in bf16 and in fp32, from the same weights on the same rows. */
@Tag("gpu")
final class CudaLossCurveTest {
  private static final int STEPS = 200;
  private static final int TOKENS = 512;
  private static final int VOCABULARY = 128;

  private static final int FEW_STEPS = 10;

  /** Steps at the end that are compared. */
  private static final int TAIL = 50;

  private static final LlamaConfig CONFIG =
      LlamaConfig.fromRunConfig(
          Map.of(
              "vocab_size", VOCABULARY,
              "hidden_size", 256,
              "intermediate_size", 512,
              "num_hidden_layers", 4,
              "num_attention_heads", 4,
              "num_key_value_heads", 2,
              "head_dim", 64));

  @Test
  void bf16LearnsAsFp32Does() {
    double[] wide = losses(DataType.FLOAT32, STEPS).losses();
    double[] narrow = losses(DataType.BFLOAT16, STEPS).losses();
    System.out.println("step  float32  bfloat16");
    for (int step = 0; step < STEPS; step += 20) {
      System.out.printf(Locale.ROOT, "%4d  %7.4f  %8.4f%n", step, wide[step], narrow[step]);
    }
    double tail = mean(wide);
    System.out.printf(Locale.ROOT, "mean of the last %d: %.5f, %.5f%n", TAIL, tail, mean(narrow));
    assertThat(tail).as("it learns at all").isLessThan(0.7 * wide[0]);
    // What one row's loss is off the mean of such rows, over as many rows as are averaged.
    double noise = deviation(wide) / Math.sqrt(TAIL);
    assertThat(Math.abs(mean(narrow) - tail)).isLessThan(noise);
  }

  /** Losses, and what the weights are at the end. */
  private record Run(double[] losses, float[] weights) {}

  /** Every step: losses, norms, moments and updates go into what is compared. */
  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT32", "BFLOAT16"})
  void theSameStepsGiveTheSameBits(DataType type) {
    Run first = losses(type, FEW_STEPS);
    for (int again = 0; again < 2; again++) {
      Run other = losses(type, FEW_STEPS);
      assertThat(other.losses()).isEqualTo(first.losses());
      assertThat(Arrays.equals(other.weights(), first.weights())).as("weights").isTrue();
    }
    assertThat(first.losses()[FEW_STEPS - 1]).isNotEqualTo(first.losses()[0]);
  }

  private static double mean(double[] losses) {
    return Arrays.stream(losses).skip(STEPS - TAIL).average().orElseThrow();
  }

  private static double deviation(double[] losses) {
    double mean = mean(losses);
    return Math.sqrt(
        Arrays.stream(losses)
            .skip(STEPS - TAIL)
            .map(loss -> (loss - mean) * (loss - mean))
            .average()
            .orElseThrow());
  }

  private static Run losses(DataType type, int steps) {
    ParameterLayout layout = ParameterLayout.of(CONFIG);
    Documents documents = Documents.single(TOKENS);
    RingSchedule schedule =
        RingSchedule.of(Layouts.of(Layout.CONTIGUOUS, documents, 1), documents, Route.RING);
    try (CudaDevice device = open();
        DeviceArena arena = device.newArena();
        Link link = InProcessNetwork.create(1, Duration.ofSeconds(60), () -> false).getFirst();
        RingAttention attention =
            new RingAttention(device, CONFIG.attentionShape(), link, TOKENS)) {
      Parameters weights = start(arena, layout, device);
      Parameters gradients = Parameters.allocate(arena, layout);
      try (AdamWState state = new AdamWState(device, layout);
          LlamaModel model =
              new LlamaModel(
                  device,
                  CONFIG,
                  weights,
                  attention,
                  TOKENS,
                  new ComputeSettings(type, Retention.EVERYTHING))) {
        double[] losses = new double[steps];
        for (int step = 0; step < steps; step++) {
          device.kernels().fill(gradients.flat(), 0f);
          losses[step] =
              model.forwardBackward(row(step), schedule, step, 1f / TOKENS, gradients) / TOKENS;
          double norm = GradientClipping.norm(device.kernels(), gradients);
          OptimizerStep.apply(
              device.kernels(),
              model.weights(),
              gradients,
              state,
              new OptimizerSettings(OptimizerSettings.Name.ADAMW, 0.9, 0.95, 1e-8, 0.1, 1),
              1e-3,
              GradientClipping.factor(norm, 1),
              step + 1);
        }
        Tensor flat = weights.flat();
        float[] values = new float[Math.toIntExact(flat.size())];
        device.download(flat, MemorySegment.ofArray(values));
        return new Run(losses, values);
      }
    }
  }

  private static CudaDevice open() {
    try {
      return new CudaDevice(0);
    } catch (CudaUnavailableException e) {
      return abort("no GPU to test on: " + e.getMessage());
    }
  }

  private static Parameters start(DeviceArena arena, ParameterLayout layout, CudaDevice device) {
    Parameters weights = Parameters.allocate(arena, layout);
    Random random = new Random(3);
    for (ParameterSpec spec : layout.specs()) {
      Tensor tensor = weights.get(spec);
      float[] draws = new float[Math.toIntExact(spec.size())];
      for (int i = 0; i < draws.length; i++) {
        draws[i] = spec.isVector() ? 1 : (float) (0.02 * random.nextGaussian());
      }
      device.upload(MemorySegment.ofArray(draws), tensor);
    }
    return weights;
  }

  /** A walk in which seven of eight tokens follow from the one before. */
  private static LocalRow row(int step) {
    Random random = new Random(1000L + step);
    int[] ids = new int[TOKENS + 1];
    for (int t = 0; t < ids.length; t++) {
      ids[t] =
          t == 0 || random.nextInt(8) == 0
              ? random.nextInt(VOCABULARY)
              : (ids[t - 1] * 5 + 17) % VOCABULARY;
    }
    int[] positions = new int[TOKENS];
    float[] lossWeights = new float[TOKENS];
    int[] lengths = new int[TOKENS];
    Arrays.setAll(positions, t -> t);
    Arrays.fill(lossWeights, 1f);
    Arrays.fill(lengths, TOKENS);
    return new LocalRow(
        Arrays.copyOf(ids, TOKENS),
        Arrays.copyOfRange(ids, 1, TOKENS + 1),
        positions,
        lossWeights,
        lengths);
  }
}
