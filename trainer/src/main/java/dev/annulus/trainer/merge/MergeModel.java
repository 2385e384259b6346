package dev.annulus.trainer.merge;

import java.io.Serializable;
import java.nio.file.Path;

/**
 * A model to fold in.
 *
 * @param folder a Hugging Face folder
 * @param origin the folder of what it was trained from: its task vector is the difference. The
 *     base, but for a stage of a run, which may begin with what was merged before
 * @param name for state, report and card
 */
public record MergeModel(String folder, String origin, String name) implements Serializable {
  /** A model that was fine-tuned from the base. */
  public static MergeModel of(String folder, String base) {
    return new MergeModel(folder, base, folder);
  }

  Path path() {
    return Path.of(folder);
  }
}
