package dev.annulus.config;

import java.util.List;
import java.util.Optional;

/** Reads {@code stages.*.optimizer:}. */
final class OptimizerSectionReader {
  private OptimizerSectionReader() {}

  /** The settings; the defaults depend on the name. */
  static OptimizerSettings read(Section section) {
    OptimizerSettings.Name name = section.choice("name", OptimizerSettings.Name.ADAMW);
    List<Double> betas = section.numbers("betas", NumberRule.BELOW_ONE, List.of(0.9, 0.95));
    Optional<Double> eps = section.number("eps", NumberRule.POSITIVE);
    Optional<Double> decay = section.number("weight_decay", NumberRule.NOT_NEGATIVE);
    Optional<Double> maxGradNorm = section.number("max_grad_norm", NumberRule.NOT_NEGATIVE);
    OptimizerSettings settings =
        switch (name) {
          case ADAMW ->
              new OptimizerSettings(
                  name,
                  betas.getFirst(),
                  betas.getLast(),
                  eps.orElse(1e-8),
                  decay.orElse(0.1),
                  maxGradNorm.orElse(1.0));
          case ZO_SGD -> {
            refuseOfGradients(section, maxGradNorm);
            yield OptimizerSettings.zerothOrder(eps.orElse(1e-3), decay.orElse(0.0));
          }
        };
    section.finish();
    return settings;
  }

  /** What only makes sense where there are gradients. */
  private static void refuseOfGradients(Section section, Optional<Double> maxGradNorm) {
    if (section.isGiven("betas") && section.isSound("betas")) {
      section.refuse("betas", "given", "left out: zo_sgd keeps no moments");
    }
    if (maxGradNorm.filter(norm -> norm > 0).isPresent()) {
      section.refuse(
          "max_grad_norm",
          String.valueOf(maxGradNorm.get()),
          "0 or left out: zo_sgd has no gradients to clip");
    }
  }

  /** A way of freezing that looks at gradients goes with an optimiser that has them only. */
  static void checkFreeze(
      OptimizerSettings optimizer, HalfFineTuningSettings half, Section halfSection) {
    if (optimizer.name() == OptimizerSettings.Name.ZO_SGD
        && half.enabled()
        && half.mode() == HalfFineTuningSettings.Mode.GREEDY) {
      halfSection.refuse(
          "mode", "greedy", "random or cyclic: optimizer zo_sgd has no gradients to choose by");
    }
  }
}
