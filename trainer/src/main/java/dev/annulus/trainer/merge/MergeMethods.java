package dev.annulus.trainer.merge;

import dev.annulus.config.MergeMethodSettings;

/** The methods by their settings. */
final class MergeMethods {
  private MergeMethods() {}

  static MergeMethod of(MergeMethodSettings settings) {
    return switch (settings.method()) {
      case OPCM -> new OrthogonalProjection(settings.alpha());
      case AVERAGE -> new RunningAverage();
      case TASK_ARITHMETIC -> new TaskArithmetic(settings.scale());
      case TIES -> new Ties(settings.density(), settings.scale());
      case MAGMAX -> new MagMax(settings.scale());
      case NULL_SPACE -> new NullSpace(settings.rank(), settings.scale());
      case SLERP -> new Slerp(settings.t());
    };
  }
}
