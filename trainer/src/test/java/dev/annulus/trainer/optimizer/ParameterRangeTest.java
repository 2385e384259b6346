package dev.annulus.trainer.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.collective.Parts;
import dev.annulus.config.OptimizerSettings;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ModelWeights;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParameterRangeTest {
  private static final long SEED = 771;
  private static final OptimizerSettings SETTINGS =
      new OptimizerSettings(OptimizerSettings.Name.ADAMW, 0.9, 0.95, 1e-8, 0.1, 0.5);

  /** Norms of 5 elements leave gaps behind them. */
  private static ParameterLayout layout() {
    return ParameterLayout.of(
            LlamaConfig.fromRunConfig(
                Map.of(
                    "vocab_size", 17,
                    "hidden_size", 12,
                    "intermediate_size", 19,
                    "num_hidden_layers", 2,
                    "num_attention_heads", 2)))
        .filter(name -> !name.contains("k_proj"));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 7, 1000})
  void rangesHoldEveryElementOnceAndAsMuchEach(int ranks) {
    ParameterLayout layout = layout();
    Parts parts = ParameterRange.parts(layout, ranks);
    Map<String, Long> covered = new HashMap<>();
    long end = 0;
    for (int rank = 0; rank < ranks; rank++) {
      ParameterRange range = ParameterRange.of(layout, rank, ranks);
      assertThat(range.from()).isEqualTo(end).isEqualTo(parts.from(rank));
      assertThat(range.from() % 16).isZero();
      assertThat((double) range.size()).isCloseTo(layout.size() / (double) ranks, within(16.0));
      for (ParameterRange.Piece piece : range.pieces()) {
        assertThat(piece.size()).isPositive();
        assertThat(piece.from()).isEqualTo(covered.getOrDefault(piece.spec().name(), 0L));
        covered.put(piece.spec().name(), piece.to());
      }
      end = range.to();
    }
    assertThat(end).isEqualTo(layout.size());
    for (ParameterSpec spec : layout.specs()) {
      assertThat(covered).containsEntry(spec.name(), spec.size());
    }
  }

  /** Decay too: a range that begins in a matrix may end behind a norm. */
  @Test
  void anUpdateByRangesHasTheBitsOfAWholeOne() {
    float[] whole = updated(1);
    for (int ranks : new int[] {2, 3, 5, 40}) {
      assertThat(updated(ranks)).as("%d ranges, seed %d", ranks, SEED).containsExactly(whole);
    }
  }

  private static float[] updated(int ranks) {
    ParameterLayout layout = layout();
    Random random = new Random(SEED);
    try (Device device = new CpuDevice();
        DeviceArena arena = device.newArena()) {
      Parameters weights = random(arena, layout, random);
      Parameters first = random(arena, layout, random);
      Parameters second = random(arena, layout, random);
      for (int rank = 0; rank < ranks; rank++) {
        try (AdamWState state = new AdamWState(device, ParameterRange.of(layout, rank, ranks))) {
          int step = 0;
          for (Parameters gradients : new Parameters[] {first, second}) {
            OptimizerStep.apply(
                device.kernels(),
                new ModelWeights(weights, weights),
                gradients,
                state,
                SETTINGS,
                1e-2,
                0.7,
                ++step);
          }
        }
      }
      return weights.flat().memory().toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  @Test
  void theNormIsTheSumOverTheRangesAndOverTheTensors() {
    ParameterLayout layout = layout();
    try (Device device = new CpuDevice();
        DeviceArena arena = device.newArena()) {
      Parameters gradients = random(arena, layout, new Random(SEED));
      double norm = GradientClipping.norm(device.kernels(), gradients);
      double byRanges = 0;
      double byTensors = 0;
      for (int rank = 0; rank < 1000; rank++) {
        ParameterRange range = ParameterRange.of(layout, rank, 1000);
        byRanges += GradientClipping.sumOfSquares(device.kernels(), gradients, range);
        for (double squares : GradientClipping.sumsOfSquares(device.kernels(), gradients, range)) {
          byTensors += squares;
        }
      }
      assertThat(Math.sqrt(byRanges)).isCloseTo(norm, within(1e-12 * norm));
      assertThat(Math.sqrt(byTensors)).isCloseTo(norm, within(1e-12 * norm));
    }
  }

  private static Parameters random(DeviceArena arena, ParameterLayout layout, Random random) {
    Parameters parameters = Parameters.allocate(arena, layout);
    for (ParameterSpec spec : layout.specs()) {
      for (long i = 0; i < spec.size(); i++) {
        parameters.get(spec).setFloat(0, i, (float) random.nextGaussian());
      }
    }
    return parameters;
  }
}
