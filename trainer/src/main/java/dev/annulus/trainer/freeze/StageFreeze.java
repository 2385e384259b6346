package dev.annulus.trainer.freeze;

import dev.annulus.config.HalfFineTuningSettings;
import dev.annulus.config.InvalidInputException;
import dev.annulus.config.StageSettings;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.ParameterSpec;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * What a stage trains.
 *
 * @param frozen names of the tensors that stay as they are
 * @param trainable layout of the others
 * @param share of the model's weights that is trainable
 */
public record StageFreeze(SortedSet<String> frozen, ParameterLayout trainable, double share) {
  /**
   * What the settings say.
   *
   * @param gradients root mean square of each weight's gradient; asked for only if it decides
   * @throws InvalidInputException if {@code freeze} names no tensor, or if nothing is left to train
   */
  public static StageFreeze of(
      StageSettings stage, int index, LlamaConfig config, Supplier<Map<String, Double>> gradients) {
    Set<String> all = new LinkedHashSet<>();
    for (ParameterSpec spec : ParameterLayout.of(config).specs()) {
      all.add(spec.name());
    }
    SortedSet<String> frozen =
        new TreeSet<>(FreezePatterns.frozen(stage.freeze(), all, "stages." + index + ".freeze"));
    HalfFineTuningSettings half = stage.halfFineTuning();
    if (half.enabled()) {
      frozen.addAll(
          switch (half.mode()) {
            case RANDOM -> HalfFineTuning.frozen(half.seed(), index, config.layers());
            case CYCLIC -> CyclicFreeze.frozen(index, config.layers());
            case GREEDY -> GreedyFreeze.frozen(gradients.get(), config.layers());
          });
    }
    if (frozen.size() == all.size()) {
      throw new InvalidInputException(
          "stages." + index + ".freeze",
          stage.freeze() + " beside half fine-tuning, which leave nothing to train",
          "at least one tensor left to train");
    }
    return of(frozen, config);
  }

  /**
   * What the settings say, or where gradients decide, a choice that trains as many weights as any
   * could: the smallest tensors frozen.
   *
   * @throws InvalidInputException as {@link #of(StageSettings, int, LlamaConfig, Supplier)}
   */
  public static StageFreeze atMost(StageSettings stage, int index, LlamaConfig config) {
    Map<String, Double> sizes = new LinkedHashMap<>();
    for (ParameterSpec spec : ParameterLayout.of(config).specs()) {
      sizes.put(spec.name(), (double) spec.size());
    }
    return of(stage, index, config, () -> sizes);
  }

  /** What a checkpoint says. */
  public static StageFreeze of(SortedSet<String> frozen, LlamaConfig config) {
    ParameterLayout all = ParameterLayout.of(config);
    ParameterLayout trainable = all.filter(name -> !frozen.contains(name));
    return new StageFreeze(
        Collections.unmodifiableSortedSet(frozen),
        trainable,
        trainable.parameters() / (double) all.parameters());
  }

  /** Whether the choice follows from the settings alone. */
  public static boolean isOfSettings(StageSettings stage) {
    return !stage.halfFineTuning().enabled()
        || stage.halfFineTuning().mode() != HalfFineTuningSettings.Mode.GREEDY;
  }

  /** Of the frozen names. */
  public String hash() {
    return HalfFineTuning.hash(frozen);
  }
}
