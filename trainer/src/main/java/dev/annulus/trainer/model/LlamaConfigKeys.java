package dev.annulus.trainer.model;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.NearestKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.UnaryOperator;

/** The keys of {@code config.json} to a {@link LlamaConfig} and back. */
final class LlamaConfigKeys {
  private static final String ARCHITECTURE = "LlamaForCausalLM";
  private static final double DEFAULT_ROPE_THETA = 10000.0;

  /** Keys with a meaning here, all others are kept as they are. */
  private static final Set<String> KNOWN =
      Set.of(
          "architectures",
          "model_type",
          "vocab_size",
          "hidden_size",
          "intermediate_size",
          "num_hidden_layers",
          "num_attention_heads",
          "num_key_value_heads",
          "head_dim",
          "max_position_embeddings",
          "rms_norm_eps",
          "rope_theta",
          "rope_scaling",
          "rope_parameters",
          "tie_word_embeddings",
          "hidden_act",
          "attention_bias",
          "mlp_bias",
          "initializer_range",
          "bos_token_id",
          "eos_token_id",
          "torch_dtype",
          "dtype");

  /** Edits that a slip of the hand makes. */
  private static final int MISSPELT = 2;

  private final CheckedKeys keys;

  LlamaConfigKeys(Map<String, Object> keys, UnaryOperator<String> place) {
    this.keys = new CheckedKeys(keys, place);
  }

  LlamaConfig read() {
    checkArchitecture();
    int vocab = keys.requiredSize("vocab_size");
    int hidden = keys.requiredSize("hidden_size");
    int intermediate = keys.requiredSize("intermediate_size");
    int layers = keys.requiredSize("num_hidden_layers");
    int heads = keys.requiredSize("num_attention_heads");
    int kvHeads = keys.size("num_key_value_heads", heads);
    int headDim = headDim(hidden, heads);
    if (heads % kvHeads != 0 && keys.isSound("num_attention_heads")) {
      keys.problem("num_key_value_heads", "a divisor of num_attention_heads = " + heads);
    }
    int maxPositions = keys.size("max_position_embeddings", 2048);
    double eps = keys.positive("rms_norm_eps", 1e-6);
    RopeKeys rope = new RopeKeys(keys, DEFAULT_ROPE_THETA, maxPositions, headDim);
    boolean tied = keys.flag("tie_word_embeddings", false);
    keys.mustBe("hidden_act", "silu");
    keys.mustBe("attention_bias", false);
    keys.mustBe("mlp_bias", false);
    double initializerRange = keys.positive("initializer_range", 0.02);
    List<Integer> bos = keys.ids("bos_token_id", vocab);
    List<Integer> eos = keys.ids("eos_token_id", vocab);
    if (bos.size() > 1) {
      keys.problem("bos_token_id", "one token id or null");
    }
    if (!keys.problems().isEmpty()) {
      throw new InvalidInputException(keys.problems());
    }
    return new LlamaConfig(
        vocab,
        hidden,
        intermediate,
        layers,
        heads,
        kvHeads,
        headDim,
        maxPositions,
        eps,
        rope.theta(),
        rope.scaling(),
        tied,
        initializerRange,
        bos.isEmpty() ? OptionalInt.empty() : OptionalInt.of(bos.getFirst()),
        eos,
        keys.except(KNOWN));
  }

  /** Refuses keys that are almost one with a meaning here; others may mean something elsewhere. */
  LlamaConfigKeys refusingMisspelt() {
    for (String key : keys.except(KNOWN).keySet()) {
      NearestKey.of(key, KNOWN)
          .filter(nearest -> NearestKey.distance(key, nearest) <= MISSPELT)
          .ifPresent(nearest -> keys.problem(key, "no such key; did you mean " + nearest + "?"));
    }
    return this;
  }

  private void checkArchitecture() {
    Object architectures = keys.get("architectures");
    if (architectures != null
        && !(architectures instanceof List<?> list
            && list.size() == 1
            && ARCHITECTURE.equals(list.getFirst()))) {
      keys.problem("architectures", "[" + ARCHITECTURE + "], the only one supported");
    }
    keys.mustBe("model_type", "llama");
  }

  private int headDim(int hidden, int heads) {
    boolean given = keys.get("head_dim") != null;
    boolean derivable = keys.isSound("hidden_size") && keys.isSound("num_attention_heads");
    if (!given && derivable && hidden % heads != 0) {
      keys.problem("hidden_size", "a multiple of num_attention_heads = " + heads + ", or head_dim");
      return 2;
    }
    int headDim = keys.size("head_dim", derivable ? hidden / heads : 2);
    if (headDim % 2 != 0 && keys.isSound("head_dim")) {
      keys.problem(
          given ? "head_dim" : "hidden_size",
          "an even number of elements a head, not " + headDim + ": rotary embeddings pair them");
    }
    return headDim;
  }

  static Map<String, Object> write(LlamaConfig config) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("architectures", List.of(ARCHITECTURE));
    json.put("model_type", "llama");
    json.put("vocab_size", config.vocabSize());
    json.put("hidden_size", config.hiddenSize());
    json.put("intermediate_size", config.intermediateSize());
    json.put("num_hidden_layers", config.layers());
    json.put("num_attention_heads", config.queryHeads());
    json.put("num_key_value_heads", config.kvHeads());
    json.put("head_dim", config.headDim());
    json.put("max_position_embeddings", config.maxPositionEmbeddings());
    json.put("rms_norm_eps", config.rmsNormEps());
    RopeKeys.write(config, json);
    json.put("tie_word_embeddings", config.tieWordEmbeddings());
    json.put("hidden_act", "silu");
    json.put("attention_bias", false);
    json.put("mlp_bias", false);
    json.put("initializer_range", config.initializerRange());
    json.put("bos_token_id", config.bosId().isPresent() ? config.bosId().getAsInt() : null);
    json.put("eos_token_id", oneOrList(config.eosIds()));
    json.put("torch_dtype", "float32");
    json.putAll(config.other());
    return json;
  }

  private static Object oneOrList(List<Integer> ids) {
    return switch (ids.size()) {
      case 0 -> null;
      case 1 -> ids.getFirst();
      default -> new ArrayList<>(ids);
    };
  }
}
