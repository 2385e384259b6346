package dev.annulus.trainer.train;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.ModelSettings;
import dev.annulus.config.Problem;
import dev.annulus.data.tokenizer.Tokenizer;
import dev.annulus.device.Device;
import dev.annulus.trainer.huggingface.HuggingFaceModel;
import dev.annulus.trainer.model.Initialization;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.Parameters;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The model that a run starts with, as {@code model:} says: a folder, or a size and a seed. */
public final class ModelSource {
  /** What may differ between a checkpoint and the settings: it changes no shape and no formula. */
  private static final Set<String> FREE =
      Set.of("initializer_range", "bos_token_id", "eos_token_id", "torch_dtype");

  private final ModelSettings settings;
  private final Optional<Tokenizer> tokenizer;

  public ModelSource(ModelSettings settings, Optional<Tokenizer> tokenizer) {
    this.settings = settings;
    this.tokenizer = tokenizer;
  }

  /**
   * The model's configuration. At random and without a {@code vocab_size} it has the tokeniser's.
   *
   * @throws InvalidInputException with everything that is wrong with it, or if the tokeniser has
   *     ids that the model has not
   */
  public LlamaConfig config() {
    LlamaConfig config =
        settings.path().isPresent()
            ? HuggingFaceModel.readConfig(Path.of(settings.path().get()))
            : atRandom();
    if (tokenizer.isPresent() && tokenizer.get().vocabularySize() > config.vocabSize()) {
      throw new InvalidInputException(
          "model.tokenizer",
          settings.tokenizer().orElse("the run's")
              + ", "
              + tokenizer.get().vocabularySize()
              + " ids",
          "at most the model's vocab_size, " + config.vocabSize());
    }
    return config;
  }

  /** The weights that a new run starts with. */
  public void fill(Parameters weights, LlamaConfig config, long seed, Device device) {
    if (settings.path().isPresent()) {
      HuggingFaceModel.readWeights(Path.of(settings.path().get()), config, weights, device);
    } else {
      Initialization.random(weights, config, seed, device);
    }
  }

  /** In what a checkpoint's model is another one. */
  static List<Problem> mismatches(LlamaConfig expected, LlamaConfig found, String place) {
    // Stages change the rotary base and the length.
    Map<String, Object> expectedKeys =
        expected
            .withRopeTheta(found.ropeTheta())
            .withMaxPositionEmbeddings(found.maxPositionEmbeddings())
            .toJson();
    Map<String, Object> foundKeys = found.toJson();
    List<Problem> problems = new ArrayList<>();
    expectedKeys.forEach(
        (key, value) -> {
          Object other = foundKeys.get(key);
          boolean said = !expected.other().containsKey(key) && !FREE.contains(key);
          if (said && !String.valueOf(value).equals(String.valueOf(other))) {
            problems.add(
                new Problem(
                    place + " " + key,
                    String.valueOf(other),
                    value + ", as the run's model has it; or another run.output_dir"));
          }
        });
    return problems;
  }

  private LlamaConfig atRandom() {
    Map<String, Object> keys = new LinkedHashMap<>(settings.config());
    tokenizer.ifPresent(known -> keys.putIfAbsent("vocab_size", known.vocabularySize()));
    LlamaConfig config = LlamaConfig.fromRunConfig(keys);
    if (tokenizer.isEmpty()
        || keys.containsKey("bos_token_id")
        || keys.containsKey("eos_token_id")) {
      return config;
    }
    List<Integer> eos = tokenizer.get().eosId().stream().boxed().toList();
    return config.withSpecialTokens(tokenizer.get().bosId(), eos);
  }
}
