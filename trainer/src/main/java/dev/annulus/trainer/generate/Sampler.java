package dev.annulus.trainer.generate;

import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Draws the next token from logits: temperature, then top-k, then top-p, as transformers orders
 * them. Of equally likely tokens the smaller id comes first.
 */
final class Sampler {
  private final GenerationSettings settings;
  private final SplittableRandom random;

  Sampler(GenerationSettings settings) {
    this.settings = settings;
    this.random = new SplittableRandom(settings.seed());
  }

  int next(float[] logits) {
    return settings.temperature() == 0 ? mostLikely(logits) : draw(logits);
  }

  private static int mostLikely(float[] logits) {
    int best = 0;
    for (int id = 1; id < logits.length; id++) {
      if (logits[id] > logits[best]) {
        best = id;
      }
    }
    return best;
  }

  private int draw(float[] logits) {
    int[] ids = candidates(logits);
    double[] share = new double[ids.length];
    double total = 0;
    for (int i = 0; i < ids.length; i++) {
      share[i] = Math.exp(((double) logits[ids[i]] - logits[ids[0]]) / settings.temperature());
      total += share[i];
    }
    int kept = ids.length;
    if (settings.topP() < 1) {
      double reached = 0;
      for (kept = 0; kept < ids.length && reached < settings.topP() * total; kept++) {
        reached += share[kept];
      }
      total = reached;
    }
    double point = random.nextDouble() * total;
    for (int i = 0; i < kept - 1; i++) {
      point -= share[i];
      if (point < 0) {
        return ids[i];
      }
    }
    return ids[kept - 1];
  }

  /** Ids from the most likely one on, cut to top-k. */
  private int[] candidates(float[] logits) {
    int[] ids =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted(Comparator.<Integer>comparingDouble(id -> -logits[id]).thenComparing(id -> id))
            .mapToInt(Integer::intValue)
            .toArray();
    return settings.topK() == 0 || settings.topK() >= ids.length
        ? ids
        : Arrays.copyOf(ids, settings.topK());
  }
}
