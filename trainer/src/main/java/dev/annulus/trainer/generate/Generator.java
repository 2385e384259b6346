package dev.annulus.trainer.generate;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.device.Device;
import dev.annulus.trainer.model.CachedDecoder;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.Parameters;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Continues token ids with a model. */
public final class Generator {
  private final Device device;
  private final LlamaConfig config;
  private final Parameters weights;

  /**
   * A generator.
   *
   * @param weights all of the model
   */
  public Generator(Device device, LlamaConfig config, Parameters weights) {
    this.device = device;
    this.config = config;
    this.weights = weights;
  }

  /**
   * The tokens that follow {@code prompt}, without it.
   *
   * @param prompt at least one id, with the token that begins a document if the model wants one
   * @throws InvalidInputException if the prompt is empty or has ids outside the vocabulary
   */
  public int[] generate(int[] prompt, GenerationSettings settings) {
    checkPrompt(prompt);
    Sampler sampler = new Sampler(settings);
    IntStream.Builder tokens = IntStream.builder();
    int capacity = Math.addExact(prompt.length, settings.maxNewTokens());
    try (CachedDecoder decoder = new CachedDecoder(device, config, weights, capacity)) {
      float[] logits = decoder.read(prompt);
      for (int count = 1; ; count++) {
        int token = sampler.next(logits);
        tokens.add(token);
        if (count == settings.maxNewTokens()
            || (settings.stopAtEos() && config.eosIds().contains(token))) {
          return tokens.build().toArray();
        }
        logits = decoder.read(new int[] {token});
      }
    }
  }

  private void checkPrompt(int[] prompt) {
    if (prompt.length == 0) {
      throw new InvalidInputException("prompt", "no tokens", "at least one token");
    }
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < prompt.length; i++) {
      if (prompt[i] < 0 || prompt[i] >= config.vocabSize()) {
        problems.add(
            new Problem(
                "prompt token " + i,
                "id " + prompt[i],
                "0 to " + (config.vocabSize() - 1) + ", the model's vocabulary"));
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
  }
}
