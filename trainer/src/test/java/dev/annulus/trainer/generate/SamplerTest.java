package dev.annulus.trainer.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Draws have the probabilities that the settings give. */
final class SamplerTest {
  private static final int DRAWS = 20_000;

  /** Probabilities 0.1, 0.5, 0.15, 0.25. */
  private static final float[] LOGITS = {
    (float) Math.log(0.1), (float) Math.log(0.5), (float) Math.log(0.15), (float) Math.log(0.25)
  };

  private static double[] frequencies(double temperature, int topK, double topP) {
    Sampler sampler = new Sampler(new GenerationSettings(1, temperature, topK, topP, 3, false));
    double[] frequencies = new double[LOGITS.length];
    for (int i = 0; i < DRAWS; i++) {
      frequencies[sampler.next(LOGITS)] += 1.0 / DRAWS;
    }
    return frequencies;
  }

  private static void assertFrequencies(double[] actual, double... expected) {
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i])
          .as("token %d", i)
          .isCloseTo(expected[i], within(expected[i] == 0 ? 0 : 0.015));
    }
  }

  @Test
  void plainDrawsFollowTheSoftmax() {
    assertFrequencies(frequencies(1, 0, 1), 0.1, 0.5, 0.15, 0.25);
  }

  @Test
  void temperatureSharpens() {
    double sum = 0.01 + 0.25 + 0.0225 + 0.0625;
    assertFrequencies(frequencies(0.5, 0, 1), 0.01 / sum, 0.25 / sum, 0.0225 / sum, 0.0625 / sum);
  }

  @Test
  void topKKeepsTheMostLikely() {
    assertFrequencies(frequencies(1, 2, 1), 0, 2.0 / 3, 0, 1.0 / 3);
  }

  @Test
  void topPKeepsTheFewestThatReachIt() {
    assertFrequencies(frequencies(1, 0, 0.8), 0, 0.5 / 0.9, 0.15 / 0.9, 0.25 / 0.9);
    assertFrequencies(frequencies(1, 0, 0.74), 0, 2.0 / 3, 0, 1.0 / 3);
  }

  @Test
  void greedyTakesTheFirstOfEquals() {
    Sampler sampler = new Sampler(GenerationSettings.greedy(1));
    assertThat(sampler.next(new float[] {1, 3, 3, 2})).isEqualTo(1);
  }
}
