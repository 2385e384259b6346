package dev.annulus.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/** Reads {@code data.modalities:}. */
final class ModalitySectionReader {
  private static final double SUM_TOLERANCE = 1e-6;

  private ModalitySectionReader() {}

  /** The modalities; shares are given for all of them or for none, and sum to 1. */
  static List<ModalitySettings> modalities(Section data) {
    List<ModalitySettings> modalities = new ArrayList<>();
    Set<Integer> ids = new HashSet<>();
    for (Section section : data.sections("modalities")) {
      ModalitySettings modality = modality(section);
      if (!ids.add(modality.id()) && section.isSound("id")) {
        section.refuse("id", String.valueOf(modality.id()), "an id that no other modality has");
      }
      modalities.add(modality);
    }
    checkShares(data, modalities);
    return modalities;
  }

  private static ModalitySettings modality(Section section) {
    int id = section.requiredInteger("id", 0, ModalitySettings.MAX_ID);
    String name = section.text("name", TextRule.NAME).orElse("modality-" + id);
    Optional<Double> weight = section.number("loss_weight", NumberRule.NOT_NEGATIVE);
    Optional<Double> share = section.number("loss_share", NumberRule.SHARE);
    if (weight.isPresent() == share.isPresent() && section.isSound("loss_weight", "loss_share")) {
      section.refuse(
          "loss_weight",
          weight.isPresent() ? "beside loss_share" : "missing",
          "one of loss_weight and loss_share");
    }
    section.finish();
    return new ModalitySettings(id, name, option(weight), option(share));
  }

  private static void checkShares(Section data, List<ModalitySettings> modalities) {
    long shares = modalities.stream().filter(m -> m.lossShare().isPresent()).count();
    if (shares == 0 || !data.isSound("modalities")) {
      return;
    }
    double sum = modalities.stream().mapToDouble(m -> m.lossShare().orElse(0)).sum();
    if (shares < modalities.size() || Math.abs(sum - 1) > SUM_TOLERANCE) {
      data.refuse(
          "modalities",
          shares < modalities.size()
              ? "loss_share for " + shares + " of " + modalities.size()
              : "shares that sum to " + sum,
          "loss_share for all of them, summing to 1, or for none");
    }
  }

  private static OptionalDouble option(Optional<Double> value) {
    return value.isPresent() ? OptionalDouble.of(value.get()) : OptionalDouble.empty();
  }
}
