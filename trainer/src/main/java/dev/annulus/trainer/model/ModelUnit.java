package dev.annulus.trainer.model;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What of a model's weights is needed at the same time: the embedding table, a transformer block,
 * or final norm and head. Units lie one behind the other in the flat memory of all weights.
 *
 * @param kind which of these
 * @param index its place in the order of the computation, from 0
 * @param layout of the unit alone, from 0
 * @param from where it begins in the flat memory of all weights, a multiple of 16
 */
public record ModelUnit(Kind kind, int index, ParameterLayout layout, long from) {
  /** Three kinds. */
  public enum Kind {
    EMBEDDING,
    BLOCK,
    /** The final norm and, where it is not the embedding table, the projection. */
    HEAD
  }

  /** The units of a model, in the order of the computation: embedding, blocks, head. */
  public static List<ModelUnit> of(LlamaConfig config) {
    ParameterLayout all = ParameterLayout.of(config);
    List<ModelUnit> units = new ArrayList<>();
    units.add(unit(Kind.EMBEDDING, 0, all, Set.of(ParameterNames.EMBEDDING)));
    for (int layer = 0; layer < config.layers(); layer++) {
      units.add(unit(Kind.BLOCK, 1 + layer, all, new HashSet<>(new ParameterNames(layer).all())));
    }
    units.add(
        unit(Kind.HEAD, 1 + config.layers(), all, Set.of(ParameterNames.FINAL_NORM, ParameterNames.HEAD)));
    return units;
  }

  /** Behind its last element in the flat memory of all weights. */
  public long to() {
    return from + layout.size();
  }

  private static ModelUnit unit(Kind kind, int index, ParameterLayout all, Set<String> names) {
    ParameterLayout layout = all.filter(names::contains);
    return new ModelUnit(
        kind, index, layout, all.find(layout.specs().getFirst().name()).offset());
  }
}
