package dev.annulus.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** {@code config.json} in, checked, and out again. */
final class LlamaConfigTest {

  private static Map<String, Object> sizes() {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("vocab_size", 256);
    keys.put("hidden_size", 64);
    keys.put("intermediate_size", 128);
    keys.put("num_hidden_layers", 2);
    keys.put("num_attention_heads", 4);
    return keys;
  }

  private static Map<String, Object> with(Object... keysAndValues) {
    Map<String, Object> keys = sizes();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      keys.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return keys;
  }

  private static List<Problem> problems(Map<String, Object> keys) {
    InvalidInputException failure =
        catchThrowableOfType(
            InvalidInputException.class, () -> LlamaConfig.fromJson(keys, "base/config.json"));
    assertThat(failure).as("a config that should be refused: %s", keys).isNotNull();
    return failure.problems();
  }

  @Test
  void sizesAreEnoughForARunConfiguration() {
    LlamaConfig config = LlamaConfig.fromRunConfig(sizes());

    assertThat(config.kvHeads()).isEqualTo(4);
    assertThat(config.headDim()).isEqualTo(16);
    assertThat(config.maxPositionEmbeddings()).isEqualTo(2048);
    assertThat(config.rmsNormEps()).isEqualTo(1e-6);
    assertThat(config.ropeTheta()).isEqualTo(10000);
    assertThat(config.ropeScaling()).isEqualTo(new RopeScaling.None());
    assertThat(config.initializerRange()).isEqualTo(0.02);
    assertThat(config.tieWordEmbeddings()).isFalse();
    assertThat(config.bosId()).isEmpty();
    assertThat(config.eosIds()).isEmpty();
  }

  @Test
  void everythingIsWrittenBackAndReadAgain() {
    Map<String, Object> keys =
        with(
            "architectures",
            List.of("LlamaForCausalLM"),
            "model_type",
            "llama",
            "num_key_value_heads",
            2,
            "head_dim",
            8,
            "rope_theta",
            500000,
            "rope_scaling",
            Map.of(
                "rope_type", "llama3",
                "factor", 8.0,
                "low_freq_factor", 1.0,
                "high_freq_factor", 4.0,
                "original_max_position_embeddings", 8192),
            "tie_word_embeddings",
            true,
            "bos_token_id",
            1,
            "eos_token_id",
            List.of(2, 3),
            "pretraining_tp",
            1,
            "my_note",
            "kept",
            "torch_dtype",
            "bfloat16");

    LlamaConfig config = LlamaConfig.fromJson(keys, "config.json");
    Map<String, Object> written = config.toJson();

    assertThat(config.ropeScaling()).isEqualTo(new RopeScaling.Llama3(8, 1, 4, 8192));
    assertThat(config.bosId()).isEqualTo(OptionalInt.of(1));
    assertThat(config.eosIds()).containsExactly(2, 3);
    assertThat(written)
        .containsEntry("my_note", "kept")
        .containsEntry("pretraining_tp", 1)
        .containsEntry("torch_dtype", "float32")
        .containsEntry("architectures", List.of("LlamaForCausalLM"));
    assertThat(LlamaConfig.fromJson(written, "config.json")).isEqualTo(config);
    assertThat(LlamaConfig.fromJson(written, "config.json").toJson()).isEqualTo(written);
  }

  @Test
  void readsRopeParametersAsTransformers5WritesThem() {
    LlamaConfig plain =
        LlamaConfig.fromJson(
            with("rope_parameters", Map.of("rope_theta", 1e6, "rope_type", "default")), "f");
    LlamaConfig linear =
        LlamaConfig.fromJson(
            with("rope_parameters", Map.of("rope_theta", 5e5, "rope_type", "linear", "factor", 4)),
            "f");

    assertThat(plain.ropeTheta()).isEqualTo(1e6);
    assertThat(plain.ropeScaling()).isEqualTo(new RopeScaling.None());
    assertThat(linear.ropeTheta()).isEqualTo(5e5);
    assertThat(linear.ropeScaling()).isEqualTo(new RopeScaling.Linear(4));
  }

  @Test
  void namesEveryProblemAtOnce() {
    Map<String, Object> keys =
        with(
            "architectures",
            List.of("MistralForCausalLM"),
            "model_type",
            "mistral",
            "vocab_size",
            "many",
            "hidden_size",
            -64,
            "num_key_value_heads",
            3,
            "head_dim",
            7,
            "rms_norm_eps",
            0,
            "hidden_act",
            "gelu",
            "attention_bias",
            true,
            "mlp_bias",
            true,
            "tie_word_embeddings",
            "yes",
            "rope_scaling",
            Map.of("type", "longrope", "factor", 4),
            "eos_token_id",
            Arrays.asList(2, -5));
    keys.remove("num_hidden_layers");

    List<Problem> problems = problems(keys);

    assertThat(problems)
        .extracting(Problem::place)
        .contains(
            "base/config.json architectures",
            "base/config.json model_type",
            "base/config.json vocab_size",
            "base/config.json hidden_size",
            "base/config.json num_hidden_layers",
            "base/config.json num_key_value_heads",
            "base/config.json head_dim",
            "base/config.json rms_norm_eps",
            "base/config.json hidden_act",
            "base/config.json attention_bias",
            "base/config.json mlp_bias",
            "base/config.json tie_word_embeddings",
            "base/config.json rope_scaling.type",
            "base/config.json eos_token_id")
        .doesNotHaveDuplicates();
    assertThat(problems)
        .filteredOn(problem -> problem.place().endsWith("rope_scaling.type"))
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.value()).isEqualTo("longrope");
              assertThat(problem.expectation())
                  .contains("default, linear, dynamic, yarn or llama3");
            });
  }

  @Test
  void dynamicScalingNeedsMoreThanOnePairAHead() {
    Map<String, Object> keys = sizes();
    keys.put("head_dim", 2);
    keys.put("rope_scaling", Map.of("rope_type", "dynamic", "factor", 2.0));
    assertThatThrownBy(() -> LlamaConfig.fromRunConfig(keys))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("rope_scaling.rope_type: dynamic")
        .hasMessageContaining("a head_dim of at least 4");
  }

  @Test
  void runConfigurationIsNamedAsThePlace() {
    Map<String, Object> keys = sizes();
    keys.remove("hidden_size");

    InvalidInputException failure =
        catchThrowableOfType(InvalidInputException.class, () -> LlamaConfig.fromRunConfig(keys));

    assertThat(failure.problems())
        .containsExactly(new Problem("model.config.hidden_size", "missing", "a positive integer"));
  }

  @Test
  void refusesHeadsThatDoNotDivideTheHiddenSize() {
    assertThat(problems(with("hidden_size", 66)))
        .singleElement()
        .satisfies(problem -> assertThat(problem.place()).endsWith("hidden_size"));
  }

  @Test
  void refusesLlama3ScalingWithoutItsFactors() {
    assertThat(problems(with("rope_scaling", Map.of("rope_type", "llama3", "factor", 0.5))))
        .extracting(Problem::place)
        .containsExactly(
            "base/config.json rope_scaling.factor",
            "base/config.json rope_scaling.low_freq_factor",
            "base/config.json rope_scaling.high_freq_factor");
  }

  @Test
  void misspeltKeysOfARunConfigurationAreNamedWithTheNearest() {
    InvalidInputException failure =
        catchThrowableOfType(
            InvalidInputException.class,
            () ->
                LlamaConfig.fromRunConfig(
                    with("num_key_value_head", 2, "my_note", "kept", "tie_word_embedings", true)));

    assertThat(failure.problems())
        .extracting(problem -> problem.place() + ": " + problem.expectation())
        .containsExactly(
            "model.config.num_key_value_head: no such key; did you mean num_key_value_heads?",
            "model.config.tie_word_embedings: no such key; did you mean tie_word_embeddings?");
  }
}
