package dev.annulus.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * {@code run.yaml} to a {@link RunConfig}: typed, with defaults, checked as a whole. A problem's
 * place is the line and the key, {@code run.yaml:12 stages.0.steps}, or {@code override
 * stages.0.steps}.
 */
public final class RunConfigReader {
  private RunConfigReader() {}

  /**
   * Reads a file.
   *
   * @param yaml UTF-8, at most 10 MiB
   * @param overrides {@code key=value}, as {@code stages.0.steps=20}: the value is YAML, missing
   *     sections are made, the last override of a key holds
   * @throws InvalidInputException with every problem of the file and the overrides
   */
  public static RunConfig read(Path yaml, List<String> overrides) {
    return read(yaml.toString(), ConfigFile.text(yaml), overrides);
  }

  /**
   * Reads a text.
   *
   * @param name what problems call it
   * @param text YAML
   * @param overrides as for a file
   * @throws InvalidInputException with every problem of the text and the overrides
   */
  public static RunConfig read(String name, String text, List<String> overrides) {
    Problems problems = new Problems();
    RunConfig config = read(name, text, overrides, problems);
    problems.throwIfAny();
    return config;
  }

  /** Reads as far as it goes; the result is of use only if there are no problems. */
  static RunConfig read(String name, String text, List<String> overrides, Problems problems) {
    Yaml.Mapping written =
        ConfigDocument.parse(name, text, "sections: run, model, data, stages", problems);
    return config(
        new Section(Overrides.apply(overrides, written, problems), "", problems), problems);
  }

  private static RunConfig config(Section root, Problems problems) {
    RunSettings run = RunSectionReader.run(root.section("run"));
    DataSettings data = DataSectionReader.data(root.section("data"), run.outputDir());
    EvaluationSettings evaluation = DataSectionReader.evaluation(root.section("evaluation"), data);
    Optional<String> text =
        DataSectionReader.firstWithText(
            Stream.of(data.sources(), evaluation.sources()).flatMap(List::stream).toList());
    ParallelSettings parallel = ClusterSectionReader.parallel(root.section("parallel"));
    RunConfig config =
        new RunConfig(
            run,
            ModelSectionReader.read(root.section("model"), text, problems),
            data,
            evaluation,
            parallel,
            ClusterSectionReader.device(root.section("device")),
            ClusterSectionReader.transport(root.section("transport")),
            StageSectionReader.stages(root, data.sources().size(), parallel.sharding()),
            RunSectionReader.checkpoint(root.section("checkpoint")),
            ClusterSectionReader.spark(root.section("spark"), problems));
    root.finish();
    return config;
  }
}
