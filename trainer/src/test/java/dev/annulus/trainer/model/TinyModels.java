package dev.annulus.trainer.model;

import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** Small models with weights far from any symmetry, and weights as double arrays. */
public final class TinyModels {
  private TinyModels() {}

  /** Two blocks, four query heads on {@code kvHeads}, odd sizes where they may be odd. */
  public static LlamaConfig config(int kvHeads, boolean tied) {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("vocab_size", 13);
    keys.put("hidden_size", 12);
    keys.put("intermediate_size", 11);
    keys.put("num_hidden_layers", 2);
    keys.put("num_attention_heads", 4);
    keys.put("num_key_value_heads", kvHeads);
    keys.put("head_dim", 6);
    keys.put("rms_norm_eps", 1e-5);
    keys.put("tie_word_embeddings", tied);
    keys.put("bos_token_id", 1);
    keys.put("eos_token_id", 2);
    return LlamaConfig.fromRunConfig(keys);
  }

  /** Weights that are fp32 numbers, so that the reference and a device start from the same. */
  public static Map<String, double[]> randomWeights(LlamaConfig config, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, double[]> weights = new LinkedHashMap<>();
    for (ParameterSpec spec : ParameterLayout.of(config).specs()) {
      double[] values = new double[(int) spec.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] =
            (float)
                (spec.isVector()
                    ? 1 + 0.2 * random.nextGaussian()
                    : random.nextGaussian() / Math.sqrt(spec.columns()));
      }
      weights.put(spec.name(), values);
    }
    return weights;
  }

  /** The weights in a device's memory. */
  public static Parameters upload(
      LlamaConfig config, Map<String, double[]> weights, Device device, DeviceArena arena) {
    Parameters parameters = Parameters.allocate(arena, ParameterLayout.of(config));
    try (Arena host = Arena.ofConfined()) {
      for (ParameterSpec spec : parameters.layout().specs()) {
        MemorySegment memory = host.allocate(4 * spec.size(), 64);
        double[] values = weights.get(spec.name());
        for (int i = 0; i < values.length; i++) {
          memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) values[i]);
        }
        device.upload(memory, parameters.get(spec));
      }
    }
    return parameters;
  }

  /** Every tensor of the layout as doubles, by name. */
  public static Map<String, double[]> download(Parameters parameters, Device device) {
    Map<String, double[]> values = new LinkedHashMap<>();
    for (ParameterSpec spec : parameters.layout().specs()) {
      values.put(spec.name(), download(parameters.get(spec), device));
    }
    return values;
  }

  private static double[] download(Tensor tensor, Device device) {
    try (Arena host = Arena.ofConfined()) {
      MemorySegment memory = host.allocate(tensor.bytes(), 64);
      device.download(tensor, memory);
      double[] values = new double[(int) tensor.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = memory.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      }
      return values;
    }
  }

  /** ||actual - expected|| / ||expected||; the norm of actual where expected is all zero. */
  public static double relativeError(double[] actual, double[] expected) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
      norm += expected[i] * expected[i];
    }
    return norm == 0 ? Math.sqrt(difference) : Math.sqrt(difference / norm);
  }

  /** The largest relative error of any tensor. */
  public static double worstError(Map<String, double[]> actual, Map<String, double[]> expected) {
    double worst = 0;
    for (Map.Entry<String, double[]> entry : expected.entrySet()) {
      double error = relativeError(actual.get(entry.getKey()), entry.getValue());
      if (!(error <= worst)) {
        worst = error;
      }
    }
    return worst;
  }
}
