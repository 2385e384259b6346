package dev.annulus.trainer.generate;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import java.util.ArrayList;
import java.util.List;

/**
 * How a model goes on. Problems name the options of {@code generate}, which these settings are.
 *
 * @param maxNewTokens how many tokens at most; at least 1
 * @param temperature 0: always the most likely token; else logits are divided by it and a token is
 *     drawn
 * @param topK draw among that many most likely tokens; 0: among all
 * @param topP then among the most likely tokens whose probabilities just reach it; 1: among all
 * @param seed of the draws
 * @param stopAtEos whether a token that ends a document ends the text; it is then its last token
 */
public record GenerationSettings(
    int maxNewTokens, double temperature, int topK, double topP, long seed, boolean stopAtEos) {
  public GenerationSettings {
    List<Problem> problems = new ArrayList<>();
    if (maxNewTokens < 1) {
      problems.add(new Problem("--max-new-tokens", "" + maxNewTokens, "at least 1"));
    }
    if (!(temperature >= 0) || Double.isInfinite(temperature)) {
      problems.add(new Problem("--temperature", "" + temperature, "0 (greedy) or more"));
    }
    if (topK < 0) {
      problems.add(new Problem("--top-k", "" + topK, "0 (all) or more"));
    }
    if (!(topP > 0 && topP <= 1)) {
      problems.add(new Problem("--top-p", "" + topP, "more than 0, at most 1 (all)"));
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
  }

  /** Always the most likely token, until the end of the document. */
  public static GenerationSettings greedy(int maxNewTokens) {
    return new GenerationSettings(maxNewTokens, 0, 0, 1, 0, true);
  }
}
