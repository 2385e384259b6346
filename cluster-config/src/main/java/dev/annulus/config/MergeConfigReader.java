package dev.annulus.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** {@code merge.yaml} to a {@link MergeConfig}, checked as a whole. */
public final class MergeConfigReader {
  private static final int MIN_SHARD_BYTES = 1;
  private static final long DEFAULT_SHARD_BYTES = 5_000_000_000L;

  private MergeConfigReader() {}

  /**
   * Reads a file.
   *
   * @param yaml UTF-8, at most 10 MiB
   * @param overrides {@code key=value}, as {@code merge.alpha=0.7}
   * @throws InvalidInputException with every problem of the file and the overrides
   */
  public static MergeConfig read(Path yaml, List<String> overrides) {
    return read(yaml.toString(), ConfigFile.text(yaml), overrides);
  }

  /**
   * Reads a text.
   *
   * @param name what problems call it
   * @throws InvalidInputException with every problem of the text and the overrides
   */
  public static MergeConfig read(String name, String text, List<String> overrides) {
    Problems problems = new Problems();
    MergeConfig config = read(name, text, overrides, problems);
    problems.throwIfAny();
    return config;
  }

  /** Reads as far as it goes; the result is of use only if there are no problems. */
  static MergeConfig read(String name, String text, List<String> overrides, Problems problems) {
    Section root =
        new Section(
            Overrides.apply(
                overrides,
                ConfigDocument.parse(name, text, "sections: merge, spark", problems),
                problems),
            "",
            problems);
    Section section = root.section("merge");
    Optional<String> state = section.text("state", TextRule.ANY);
    List<String> models = section.texts("models", TextRule.ANY);
    if (models.isEmpty() && state.isEmpty() && section.isSound("models", "state")) {
      section.refuse("models", "missing", "a list of at least one folder, or a state to write out");
    }
    MergeConfig config =
        new MergeConfig(
            MergeMethodReader.read(section),
            section.requiredText("base", TextRule.ANY),
            models,
            section.requiredText("output", TextRule.ANY),
            state,
            section.choice("dtype", MergePrecision.FLOAT32),
            section.choice("out_dtype", MergeConfig.OutDtype.class),
            section.choice("seen", MergeConfig.Seen.REFUSE),
            section.flag("overwrite", false),
            section.whole("max_shard_bytes", MIN_SHARD_BYTES, DEFAULT_SHARD_BYTES),
            ClusterSectionReader.spark(root.section("spark"), problems));
    section.finish();
    root.finish();
    return config;
  }
}
