package dev.annulus.trainer.model;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The rotary embedding in {@code config.json}: {@code rope_theta} and {@code rope_scaling} as
 * transformers 4 writes them, or both in {@code rope_parameters} as transformers 5 does. Written in
 * both forms, so that either reads them.
 */
final class RopeKeys {
  private static final String SUPPORTED = "default, linear, dynamic, yarn or llama3";

  private static final String ORIGINAL = "original_max_position_embeddings";

  private final double theta;
  private final RopeScaling scaling;

  RopeKeys(CheckedKeys keys, double defaultTheta, int maxPositions, int headDim) {
    CheckedKeys parameters = keys.section("rope_parameters");
    CheckedKeys scalingKeys = keys.section("rope_scaling");
    double topTheta = keys.positive("rope_theta", defaultTheta);
    this.theta = parameters == null ? topTheta : parameters.positive("rope_theta", topTheta);
    CheckedKeys source = scalingKeys != null ? scalingKeys : parameters;
    this.scaling = source == null ? new RopeScaling.None() : scaling(source, maxPositions, headDim);
  }

  double theta() {
    return theta;
  }

  RopeScaling scaling() {
    return scaling;
  }

  private static RopeScaling scaling(CheckedKeys keys, int maxPositions, int headDim) {
    String typeKey = keys.get("rope_type") != null ? "rope_type" : "type";
    Object type = keys.get(typeKey);
    Object partial = keys.get("partial_rotary_factor");
    if (partial instanceof Number share && share.doubleValue() != 1.0) {
      keys.problem("partial_rotary_factor", "1, the only one supported");
    }
    if (type == null || type.equals("default")) {
      return new RopeScaling.None();
    }
    if (type.equals("linear")) {
      return new RopeScaling.Linear(factor(keys));
    }
    if (type.equals("dynamic")) {
      if (headDim == 2) {
        // Its base grows by a power of headDim / (headDim - 2).
        keys.problem(typeKey, "a head_dim of at least 4 for dynamic scaling, or another scaling");
      }
      // transformers goes by the model's context here, whatever the scaling says besides.
      return new RopeScaling.Dynamic(factor(keys), maxPositions);
    }
    if (type.equals("yarn")) {
      return yarn(keys, maxPositions);
    }
    if (type.equals("llama3")) {
      double factor = factor(keys);
      double low = keys.requiredPositive("low_freq_factor");
      double high = keys.requiredPositive("high_freq_factor");
      double original = original(keys, maxPositions);
      if (high <= low && keys.get("high_freq_factor") != null) {
        keys.problem("high_freq_factor", "more than low_freq_factor = " + low);
      }
      return new RopeScaling.Llama3(factor, low, high, original);
    }
    keys.problem(typeKey, SUPPORTED + ", the only ones supported");
    return new RopeScaling.None();
  }

  private static RopeScaling yarn(CheckedKeys keys, int maxPositions) {
    double factor = factor(keys);
    double fast = keys.positive("beta_fast", 32);
    double slow = keys.positive("beta_slow", 1);
    if (fast <= slow && keys.isSound("beta_fast")) {
      keys.problem("beta_fast", "more than beta_slow = " + slow);
    }
    boolean scaled = keys.get("mscale") != null && keys.get("mscale_all_dim") != null;
    double ofPaper =
        scaled
            ? YarnFrequencies.attentionFactor(
                factor, keys.positive("mscale", 1), keys.positive("mscale_all_dim", 1))
            : YarnFrequencies.attentionFactor(factor);
    return new RopeScaling.Yarn(
        factor,
        original(keys, maxPositions),
        fast,
        slow,
        keys.positive("attention_factor", ofPaper),
        keys.flag("truncate", true));
  }

  private static double original(CheckedKeys keys, int maxPositions) {
    return keys.positive(ORIGINAL, maxPositions);
  }

  private static double factor(CheckedKeys keys) {
    double factor = keys.requiredPositive("factor");
    if (factor < 1) {
      keys.problem("factor", "at least 1");
    }
    return factor;
  }

  static void write(LlamaConfig config, Map<String, Object> json) {
    Map<String, Object> scaling = new LinkedHashMap<>();
    switch (config.ropeScaling()) {
      case RopeScaling.None() -> scaling.put("rope_type", "default");
      case RopeScaling.Linear(double factor) -> {
        scaling.put("rope_type", "linear");
        scaling.put("factor", factor);
      }
      case RopeScaling.Dynamic(double factor, double _) -> {
        scaling.put("rope_type", "dynamic");
        scaling.put("factor", factor);
      }
      case RopeScaling.Yarn yarn -> {
        scaling.put("rope_type", "yarn");
        scaling.put("factor", yarn.factor());
        scaling.put(ORIGINAL, integerIfWhole(yarn.originalMaxPositionEmbeddings()));
        scaling.put("beta_fast", yarn.betaFast());
        scaling.put("beta_slow", yarn.betaSlow());
        scaling.put("attention_factor", yarn.attentionFactor());
        scaling.put("truncate", yarn.truncate());
      }
      case RopeScaling.Llama3(double factor, double low, double high, double original) -> {
        scaling.put("rope_type", "llama3");
        scaling.put("factor", factor);
        scaling.put("low_freq_factor", low);
        scaling.put("high_freq_factor", high);
        scaling.put(ORIGINAL, integerIfWhole(original));
      }
    }
    json.put("rope_theta", config.ropeTheta());
    json.put("rope_scaling", config.ropeScaling() instanceof RopeScaling.None ? null : scaling);
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("rope_theta", config.ropeTheta());
    parameters.putAll(scaling);
    json.put("rope_parameters", parameters);
  }

  private static Object integerIfWhole(double value) {
    return value == Math.rint(value) ? (Object) (long) value : (Object) value;
  }
}
