package dev.annulus.data.pack;

import dev.annulus.config.ModalitySettings;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;

/** By what the weights of each modality's targets are multiplied. Immutable. */
public final class ModalityFactors implements Serializable {
  private static final long serialVersionUID = 1L;

  /** All count the same. */
  public static final ModalityFactors NONE = new ModalityFactors(new float[0]);

  /** By modality; those behind its end have 1. */
  private final float[] factors;

  private ModalityFactors(float[] factors) {
    this.factors = factors;
  }

  /** The factors as configured; a modality that is not has 1. */
  public static ModalityFactors fixed(List<ModalitySettings> modalities) {
    float[] factors = new float[ModalitySettings.MAX_ID + 1];
    Arrays.fill(factors, 1);
    modalities.forEach(modality -> factors[modality.id()] = (float) modality.loss());
    return modalities.isEmpty() ? NONE : new ModalityFactors(factors);
  }

  /**
   * Factors that give each modality its share of the whole weight, which stays what it was. A
   * modality that is not configured gets none, nor does one without targets; the others' shares
   * then grow in proportion.
   *
   * @param weights sum of the weights of each modality's targets, by id
   */
  public static ModalityFactors shares(List<ModalitySettings> modalities, double[] weights) {
    double all = Arrays.stream(weights).sum();
    double present =
        modalities.stream()
            .filter(modality -> weights[modality.id()] > 0)
            .mapToDouble(ModalitySettings::loss)
            .sum();
    float[] factors = new float[ModalitySettings.MAX_ID + 1];
    for (ModalitySettings modality : modalities) {
      double weight = weights[modality.id()];
      factors[modality.id()] =
          weight > 0 && present > 0 ? (float) (modality.loss() / present * all / weight) : 0;
    }
    return new ModalityFactors(factors);
  }

  float of(int modality) {
    return modality < factors.length ? factors[modality] : 1;
  }
}
