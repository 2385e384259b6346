package dev.annulus.trainer.train;

import dev.annulus.config.StageSettings;
import dev.annulus.trainer.freeze.HalfFineTuning;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ParameterLayout;
import java.util.Set;

/**
 * What a stage trains.
 *
 * @param frozen names of the tensors that stay as they are
 * @param trainable layout of the others
 * @param share of the model's weights that is trainable
 */
record StageFreeze(Set<String> frozen, ParameterLayout trainable, double share) {
  static StageFreeze of(StageSettings stage, int index, LlamaConfig config) {
    Set<String> frozen =
        stage.halfFineTuning().enabled()
            ? HalfFineTuning.frozen(stage.halfFineTuning().seed(), index, config.layers())
            : Set.of();
    ParameterLayout all = ParameterLayout.of(config);
    ParameterLayout trainable = all.filter(name -> !frozen.contains(name));
    return new StageFreeze(frozen, trainable, trainable.parameters() / (double) all.parameters());
  }

  /** Of the frozen names. */
  String hash() {
    return HalfFineTuning.hash(frozen);
  }
}
