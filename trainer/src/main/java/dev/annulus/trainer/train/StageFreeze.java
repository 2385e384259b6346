package dev.annulus.trainer.train;

import dev.annulus.config.HalfFineTuningSettings;
import dev.annulus.config.StageSettings;
import dev.annulus.trainer.freeze.CyclicFreeze;
import dev.annulus.trainer.freeze.FreezePatterns;
import dev.annulus.trainer.freeze.GreedyFreeze;
import dev.annulus.trainer.freeze.HalfFineTuning;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.ParameterSpec;
import java.util.Collections;
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
record StageFreeze(SortedSet<String> frozen, ParameterLayout trainable, double share) {
  /**
   * What the settings say.
   *
   * @param gradients root mean square of each weight's gradient; asked for only if it decides
   * @throws dev.annulus.config.InvalidInputException if {@code freeze} names no tensor or all
   */
  static StageFreeze of(
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
    return of(frozen, config);
  }

  /** What a checkpoint says. */
  static StageFreeze of(SortedSet<String> frozen, LlamaConfig config) {
    ParameterLayout all = ParameterLayout.of(config);
    ParameterLayout trainable = all.filter(name -> !frozen.contains(name));
    return new StageFreeze(
        Collections.unmodifiableSortedSet(frozen),
        trainable,
        trainable.parameters() / (double) all.parameters());
  }

  /** Whether the choice follows from the settings alone. */
  static boolean isOfSettings(StageSettings stage) {
    return !stage.halfFineTuning().enabled()
        || stage.halfFineTuning().mode() != HalfFineTuningSettings.Mode.GREEDY;
  }

  /** Of the frozen names. */
  String hash() {
    return HalfFineTuning.hash(frozen);
  }
}
