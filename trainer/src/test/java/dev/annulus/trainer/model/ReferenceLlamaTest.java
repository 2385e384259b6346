package dev.annulus.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The gradients of the reference are those of its loss, whatever it is the reference for. */
final class ReferenceLlamaTest {
  private static final double H = 1e-5;

  @ParameterizedTest
  @CsvSource({"4, false", "2, true", "1, false", "2, false"})
  void gradientsAreThoseOfCentralDifferences(int kvHeads, boolean tied) {
    LlamaConfig config = TinyModels.config(kvHeads, tied);
    Map<String, double[]> weights = TinyModels.randomWeights(config, 5);
    ReferenceLlama reference = new ReferenceLlama(config, weights);
    int[] ids = Rows.documents(3, config.vocabSize(), 7).getFirst();
    double[] lossWeights = {1, 0.5, 0, 2, 1, 0.25};
    Map<String, double[]> gradients = reference.zeroGradients();
    reference.gradient(ids, lossWeights, gradients);

    Map<String, double[]> differences = new LinkedHashMap<>();
    weights.forEach(
        (name, w) -> {
          double[] difference = new double[w.length];
          for (int i = 0; i < w.length; i++) {
            double kept = w[i];
            w[i] = kept + H;
            double above = reference.loss(ids, lossWeights);
            w[i] = kept - H;
            double below = reference.loss(ids, lossWeights);
            w[i] = kept;
            difference[i] = (above - below) / (2 * H);
          }
          differences.put(name, difference);
        });

    assertThat(TinyModels.worstError(gradients, differences)).isLessThan(1e-6);
  }
}
