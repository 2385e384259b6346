package dev.annulus.trainer.plan;

import dev.annulus.config.RunConfig;
import dev.annulus.config.StageSettings;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.RopeScaling;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How long a context the rotary embedding of a base model serves: beyond it the slowest pairs turn
 * further than they ever did when the model was trained.
 */
final class RopeReach {
  private RopeReach() {}

  /**
   * Stages with rows longer than that; none of a model that starts at random, which learns its
   * positions here.
   */
  static List<String> warnings(RunConfig config, LlamaConfig model) {
    List<String> warnings = new ArrayList<>();
    if (config.model().path().isEmpty()) {
      return warnings;
    }
    for (int index = 0; index < config.stages().size(); index++) {
      StageSettings stage = config.stages().get(index);
      double theta = stage.ropeTheta().orElse(model.ropeTheta());
      double served = tokens(model, theta);
      if (stage.sequenceLength() > served) {
        warnings.add(
            String.format(
                Locale.ROOT,
                "stages.%d.sequence_length: %d, and with rope_theta %.4g the model's rotary"
                    + " embedding serves %.0f tokens; a larger stages.%d.rope_theta, as of %.2e,"
                    + " serves more",
                index,
                stage.sequenceLength(),
                theta,
                served,
                index,
                thetaFor(model, stage.sequenceLength())));
      }
    }
    return warnings;
  }

  /**
   * Tokens that are served with another base: the slowest pair turns {@code (theta / model's)^((d -
   * 2) / d)} times more slowly, and the context grows by as much ("NTK-aware" scaling).
   */
  static double tokens(LlamaConfig model, double theta) {
    double slower = Math.pow(theta / model.ropeTheta(), exponent(model));
    return scaled(model) * slower;
  }

  /** The base with which a length is served. */
  private static double thetaFor(LlamaConfig model, int length) {
    return model.ropeTheta() * Math.pow(length / scaled(model), 1 / exponent(model));
  }

  /** Frequencies are theta^(-2i / d), i up to d / 2 - 1. */
  private static double exponent(LlamaConfig model) {
    return (model.headDim() - 2.0) / model.headDim();
  }

  /** By the model's own base and scaling. */
  private static double scaled(LlamaConfig model) {
    double own = model.maxPositionEmbeddings();
    return switch (model.ropeScaling()) {
      case RopeScaling.None _ -> own;
      case RopeScaling.Linear linear -> own * linear.factor();
      case RopeScaling.Dynamic dynamic ->
          dynamic.factor() * dynamic.originalMaxPositionEmbeddings();
      case RopeScaling.Yarn yarn ->
          Math.max(own, yarn.factor() * yarn.originalMaxPositionEmbeddings());
      case RopeScaling.Llama3 llama ->
          Math.max(own, llama.factor() * llama.originalMaxPositionEmbeddings());
    };
  }
}
