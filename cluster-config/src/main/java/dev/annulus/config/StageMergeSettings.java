package dev.annulus.config;

import java.util.List;

/**
 * {@code stages[].merge:} what the stage changed is folded into the run's running merge, and the
 * next stage starts from that.
 *
 * @param method the same in all stages of a run that merge
 * @param with folders of models that were fine-tuned from the same base, folded in behind the stage
 * @param dtype what is computed in
 */
public record StageMergeSettings(
    MergeMethodSettings method, List<String> with, MergePrecision dtype) {
  public StageMergeSettings {
    with = List.copyOf(with);
  }
}
