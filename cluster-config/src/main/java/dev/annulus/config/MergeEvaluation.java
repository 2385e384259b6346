package dev.annulus.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The data sets of {@code merge --evaluate}: number i belongs to model i of the merge.
 *
 * @param tokenizer folder, {@code tokenizer.json} or {@code bytes}; empty: the base's, if there is
 *     text
 * @param addBos whether the tokeniser's BOS stands before each document
 * @param addEos whether its EOS stands behind
 * @param dataSets in the order of the models
 */
public record MergeEvaluation(
    Optional<String> tokenizer, boolean addBos, boolean addEos, List<DataSet> dataSets) {
  public MergeEvaluation {
    dataSets = List.copyOf(dataSets);
  }

  /**
   * One data set.
   *
   * @param name in the matrix
   */
  public record DataSet(String name, SourceSettings source) {}

  /**
   * Reads a file.
   *
   * @throws InvalidInputException with every problem
   */
  public static MergeEvaluation read(Path yaml) {
    return read(yaml.toString(), ConfigFile.text(yaml));
  }

  /**
   * Reads a text.
   *
   * @param name what problems call it
   * @throws InvalidInputException with every problem
   */
  public static MergeEvaluation read(String name, String text) {
    Problems problems = new Problems();
    Section root =
        new Section(
            ConfigDocument.parse(
                name, text, "keys: tokenizer, add_bos, add_eos, sources", problems),
            "",
            problems);
    List<DataSet> dataSets = new ArrayList<>();
    for (Section section : root.sections("sources")) {
      String label = section.text("name", TextRule.NAME).orElse("data-" + (dataSets.size() + 1));
      if (dataSets.stream().anyMatch(earlier -> earlier.name().equals(label))) {
        section.refuse("name", label, "a name of its own");
      }
      dataSets.add(new DataSet(label, SourceSectionReader.plain(section)));
    }
    if (dataSets.isEmpty() && root.isSound("sources")) {
      root.refuse("sources", "missing", "a list of data sets, one a model");
    }
    MergeEvaluation evaluation =
        new MergeEvaluation(
            root.text("tokenizer", TextRule.ANY),
            root.flag("add_bos", true),
            root.flag("add_eos", true),
            dataSets);
    root.finish();
    problems.throwIfAny();
    return evaluation;
  }
}
