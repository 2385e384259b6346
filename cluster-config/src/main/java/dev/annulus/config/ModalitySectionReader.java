package dev.annulus.config;

import dev.annulus.config.DataSettings.ModalityLoss;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads {@code data.modalities:}. */
final class ModalitySectionReader {
  private static final double SUM_TOLERANCE = 1e-6;

  private ModalitySectionReader() {}

  /** The modalities; shares sum to 1. */
  static List<ModalitySettings> modalities(Section data, ModalityLoss loss) {
    List<ModalitySettings> modalities = new ArrayList<>();
    Set<Integer> ids = new HashSet<>();
    for (Section section : data.sections("modalities")) {
      ModalitySettings modality = modality(section);
      if (!ids.add(modality.id()) && section.isSound("id")) {
        section.refuse("id", String.valueOf(modality.id()), "an id that no other modality has");
      }
      modalities.add(modality);
    }
    double sum = modalities.stream().mapToDouble(ModalitySettings::loss).sum();
    if (loss == ModalityLoss.SHARE
        && !modalities.isEmpty()
        && data.isSound("modalities")
        && Math.abs(sum - 1) > SUM_TOLERANCE) {
      data.refuse("modalities", "shares that sum to " + sum, "shares of the loss that sum to 1");
    }
    return modalities;
  }

  private static ModalitySettings modality(Section section) {
    int id = section.requiredInteger("id", 0, ModalitySettings.MAX_ID);
    ModalitySettings modality =
        new ModalitySettings(
            id,
            section.text("name", TextRule.NAME).orElse("modality-" + id),
            section.requiredNumber("loss", NumberRule.NOT_NEGATIVE));
    section.finish();
    return modality;
  }
}
