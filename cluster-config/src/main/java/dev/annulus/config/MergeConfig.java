package dev.annulus.config;

import java.util.List;
import java.util.Optional;

/**
 * A merge as {@code merge.yaml} says it: models that were fine-tuned from one base, folded in one
 * after the other.
 *
 * @param method the rule and its parameters
 * @param base the Hugging Face folder that all models were fine-tuned from
 * @param models folders to fold in now, in this order; empty: write the output from the state
 * @param output folder to make
 * @param state folder of what later merges go on from; made if missing
 * @param dtype what is computed in
 * @param outDtype what is written; empty: what the base is stored in
 * @param seen what to do with a model that the state has already, or that is named twice
 * @param overwrite whether {@code output} may be there already
 * @param maxShardBytes the most bytes in one file of weights
 * @param spark where it runs
 */
public record MergeConfig(
    MergeMethodSettings method,
    String base,
    List<String> models,
    String output,
    Optional<String> state,
    MergePrecision dtype,
    Optional<OutDtype> outDtype,
    Seen seen,
    boolean overwrite,
    long maxShardBytes,
    SparkSettings spark) {
  public MergeConfig {
    models = List.copyOf(models);
  }

  /** What weights are written in. */
  public enum OutDtype {
    FLOAT64,
    FLOAT32,
    FLOAT16,
    BFLOAT16;

    /** As it is written in YAML and in {@code config.json}. */
    public String yamlName() {
      return Section.nameOf(this);
    }
  }

  /** What happens to a model that is in already. */
  public enum Seen {
    /** It is a problem. */
    REFUSE,
    /** It is left out. */
    SKIP,
    /** It is folded in once more. */
    REPEAT
  }
}
