package dev.annulus.trainer.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.config.OptimizerSettings;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import dev.annulus.device.reference.ReferenceDevice;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ModelWeights;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AdamWTest {
  private static final Set<String> FROZEN = Set.of("model.layers.0.mlp.up_proj.weight");
  private static final OptimizerSettings SETTINGS =
      new OptimizerSettings(OptimizerSettings.Name.ADAMW, 0.9, 0.95, 1e-8, 0.1, 0.5);

  private static LlamaConfig tiny() {
    return LlamaConfig.fromRunConfig(
        Map.of(
            "vocab_size", 7,
            "hidden_size", 4,
            "intermediate_size", 6,
            "num_hidden_layers", 1,
            "num_attention_heads", 2));
  }

  private static void fill(Parameters parameters, Random random) {
    for (ParameterSpec spec : parameters.layout().specs()) {
      Tensor tensor = parameters.get(spec);
      for (long i = 0; i < tensor.size(); i++) {
        tensor.setFloat(0, i, (float) random.nextGaussian());
      }
    }
  }

  /** Weights, m and v of one tensor as doubles; rounded to fp32 nowhere. */
  private record Reference(double[] w, double[] m, double[] v) {}

  @Test
  void fiftyClippedStepsAgreeWithADoubleReferenceAndFrozenTensorsKeepTheirBits() {
    long seed = 20261;
    Random random = new Random(seed);
    ParameterLayout all = ParameterLayout.of(tiny());
    ParameterLayout trainable = all.filter(name -> !FROZEN.contains(name));
    try (Device device = new ReferenceDevice();
        DeviceArena arena = device.newArena();
        AdamWState state = new AdamWState(device, trainable)) {
      Parameters weights = Parameters.allocate(arena, all);
      Parameters gradients = Parameters.allocate(arena, trainable);
      fill(weights, random);
      Map<String, Reference> references = new LinkedHashMap<>();
      for (ParameterSpec spec : all.specs()) {
        references.put(spec.name(), reference(weights.get(spec)));
      }
      for (int step = 1; step <= 50; step++) {
        fill(gradients, random);
        double rate = 1e-2 * step / 50;
        double norm = GradientClipping.norm(device.kernels(), gradients);
        double expectedNorm = expectedNorm(gradients);
        assertThat(norm).isEqualTo(expectedNorm, within(1e-12 * expectedNorm));
        double clip = GradientClipping.factor(norm, SETTINGS.maxGradNorm());
        OptimizerStep.apply(
            device.kernels(),
            new ModelWeights(weights, weights),
            gradients,
            state,
            SETTINGS,
            rate,
            clip,
            step);
        for (ParameterSpec spec : trainable.specs()) {
          boolean decayed = spec.name().contains("proj") || spec.name().equals("lm_head.weight");
          double factor = SETTINGS.maxGradNorm() / (expectedNorm + 1e-6);
          advance(references.get(spec.name()), gradients.get(spec), factor, rate, decayed, step);
        }
      }
      for (ParameterSpec spec : all.specs()) {
        Tensor tensor = weights.get(spec);
        double[] expected = references.get(spec.name()).w();
        for (int i = 0; i < expected.length; i++) {
          // Each of 50 steps rounds weight and moments to fp32 once.
          double tolerance = FROZEN.contains(spec.name()) ? 0 : 5e-6;
          assertThat((double) tensor.getFloat(0, i))
              .as("seed %d, %s[%d]", seed, spec.name(), i)
              .isEqualTo(expected[i], within(tolerance));
        }
      }
    }
  }

  private static Reference reference(Tensor tensor) {
    double[] w = new double[(int) tensor.size()];
    for (int i = 0; i < w.length; i++) {
      w[i] = tensor.getFloat(0, i);
    }
    return new Reference(w, new double[w.length], new double[w.length]);
  }

  private static double expectedNorm(Parameters gradients) {
    double sum = 0;
    for (ParameterSpec spec : gradients.layout().specs()) {
      Tensor tensor = gradients.get(spec);
      for (long i = 0; i < tensor.size(); i++) {
        sum += Math.pow(tensor.getFloat(0, i), 2);
      }
    }
    return Math.sqrt(sum);
  }

  private static void advance(
      Reference r, Tensor gradient, double factor, double rate, boolean decayed, int step) {
    for (int i = 0; i < r.w().length; i++) {
      double g = gradient.getFloat(0, i) * factor;
      r.w()[i] *= 1 - rate * (decayed ? SETTINGS.weightDecay() : 0);
      r.m()[i] = 0.9 * r.m()[i] + 0.1 * g;
      r.v()[i] = 0.95 * r.v()[i] + 0.05 * g * g;
      double mean = r.m()[i] / (1 - Math.pow(0.9, step));
      double variance = r.v()[i] / (1 - Math.pow(0.95, step));
      r.w()[i] -= rate * mean / (Math.sqrt(variance) + 1e-8);
    }
  }

  @Test
  void gradientsWithinTheNormAreNotClipped() {
    assertThat(GradientClipping.factor(0.5, 1)).isEqualTo(1);
    assertThat(GradientClipping.factor(2, 1)).isEqualTo(1 / (2 + 1e-6));
    assertThat(GradientClipping.factor(0, 1)).isEqualTo(1);
    assertThat(GradientClipping.factor(1e9, 0)).as("0 means no clipping").isEqualTo(1);
  }
}
