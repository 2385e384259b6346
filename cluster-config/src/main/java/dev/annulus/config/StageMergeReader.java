package dev.annulus.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads {@code stages[].merge:}, and what the merges of a run must have in common. */
final class StageMergeReader {
  private StageMergeReader() {}

  /** The settings of one stage; empty if it does not merge. */
  static Optional<StageMergeSettings> read(Section stage) {
    if (!stage.isGiven("merge")) {
      // Asked for all the same, so that the key is known.
      stage.section("merge");
      return Optional.empty();
    }
    Section section = stage.section("merge");
    StageMergeSettings settings =
        new StageMergeSettings(
            MergeMethodReader.read(section),
            section.texts("with", TextRule.ANY),
            section.choice("dtype", MergePrecision.FLOAT32));
    section.finish();
    return Optional.of(settings);
  }

  /**
   * Whether the stage's merge goes with those before it: one running merge has one method, and a
   * stage between two that merge would be forgotten by the second.
   *
   * @param before the stages before it
   */
  static void check(Section stage, StageSettings settings, List<StageSettings> before) {
    if (settings.merge().isEmpty() || !stage.isSound("merge")) {
      return;
    }
    List<String> folders = new ArrayList<>(settings.merge().get().with());
    before.forEach(earlier -> earlier.merge().ifPresent(merge -> folders.addAll(merge.with())));
    folders.stream()
        .filter(folder -> folders.indexOf(folder) != folders.lastIndexOf(folder))
        .findFirst()
        .ifPresent(folder -> stage.refuse("merge", folder + " twice", "each model once in a run"));
    boolean begun = false;
    for (int i = 0; i < before.size(); i++) {
      Optional<StageMergeSettings> earlier = before.get(i).merge();
      if (begun && earlier.isEmpty()) {
        stage.refuse(
            "merge",
            "given, but stages." + i + " between two stages that merge has none",
            "a merge in every stage from the first that has one, as what stages."
                + i
                + " learns would be left out");
        return;
      }
      begun |= earlier.isPresent();
      if (earlier.isPresent() && !sameRule(earlier.get(), settings.merge().get())) {
        stage.refuse(
            "merge",
            settings.merge().get().method().toYaml().toString(),
            "the method, parameters and dtype of stages." + i + ": a run has one running merge");
        return;
      }
    }
  }

  private static boolean sameRule(StageMergeSettings one, StageMergeSettings other) {
    return one.method().equals(other.method()) && one.dtype() == other.dtype();
  }
}
