package dev.annulus.config;

import java.util.Map;
import java.util.Optional;

/**
 * {@code model:} where the weights come from.
 *
 * @param path a Hugging Face folder to start from
 * @param tokenizer a folder with {@code tokenizer.json}, that file itself, or {@code bytes}; empty
 *     when the sources hold token ids
 * @param config keys of a Hugging Face {@code config.json} for a model that starts at random;
 *     exclusive with {@code path}
 */
public record ModelSettings(
    Optional<String> path, Optional<String> tokenizer, Map<String, Object> config) {
  public ModelSettings {
    config = Map.copyOf(config);
  }
}
