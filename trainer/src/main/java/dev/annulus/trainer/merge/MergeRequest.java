package dev.annulus.trainer.merge;

import dev.annulus.config.MergeConfig;
import dev.annulus.config.MergeMethodSettings;
import dev.annulus.config.MergePrecision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A merge of folders.
 *
 * @param method the rule
 * @param dtype of the running tensors
 * @param base that all models were fine-tuned from
 * @param models to fold in, in order
 * @param stateIn what to go on from; empty: nothing is merged yet
 * @param stateOut where the state goes, which may be {@code stateIn}; empty: it is not kept
 * @param output folder to make
 * @param outDtype of the weights in it; empty: the base's
 * @param seen what to do with a model that is in already
 * @param overwrite whether {@code output} may be there
 * @param maxShardBytes the most bytes in one file of weights
 * @param configYaml copied into the output
 */
public record MergeRequest(
    MergeMethodSettings method,
    MergePrecision dtype,
    Path base,
    List<MergeModel> models,
    Optional<Path> stateIn,
    Optional<Path> stateOut,
    Path output,
    Optional<MergeConfig.OutDtype> outDtype,
    MergeConfig.Seen seen,
    boolean overwrite,
    long maxShardBytes,
    String configYaml) {
  public MergeRequest {
    models = List.copyOf(models);
  }

  /**
   * The merge that a configuration asks for.
   *
   * @param base local folder of the base
   * @param models local folders of the models
   */
  public static MergeRequest of(
      MergeConfig config, Path base, List<MergeModel> models, String configYaml) {
    Optional<Path> state = config.state().map(Path::of);
    return new MergeRequest(
        config.method(),
        config.dtype(),
        base,
        models,
        state.filter(Files::exists),
        state,
        Path.of(config.output()),
        config.outDtype(),
        config.seen(),
        config.overwrite(),
        config.maxShardBytes(),
        configYaml);
  }
}
