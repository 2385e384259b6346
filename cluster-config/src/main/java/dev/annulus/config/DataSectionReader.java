package dev.annulus.config;

import java.util.List;
import java.util.Optional;

/** Reads {@code data:} and {@code evaluation:}. */
final class DataSectionReader {
  private DataSectionReader() {}

  /**
   * The settings.
   *
   * @param outputDir of the run
   */
  static DataSettings data(Section section, String outputDir) {
    List<Section> sourceSections = section.sections("sources");
    List<SourceSettings> sources =
        sourceSections.stream().map(SourceSectionReader::ofMixture).toList();
    if (sources.isEmpty() && section.isSound("sources")) {
      section.refuse("sources", "missing", "a list of at least one source with a path");
    }
    checkWeights(sourceSections, sources);
    DataSettings.ModalityLoss modalityLoss =
        section.choice("modality_loss", DataSettings.ModalityLoss.FACTOR);
    DataSettings settings =
        new DataSettings(
            sources,
            section.text("packed_dir", TextRule.ANY).orElse(outputDir + "/packed"),
            section.flag("add_bos", true),
            section.flag("add_eos", true),
            section.choice("long_documents", DataSettings.LongDocuments.SPLIT),
            section.choice("split_positions", DataSettings.SplitPositions.RESTART),
            section.choice("loss_normalization", DataSettings.LossNormalization.TOKEN),
            section.flag("shuffle", true),
            section.number("held_out_share", NumberRule.BELOW_ONE).orElse(0.0),
            section.number("max_bad_share", NumberRule.BELOW_ONE).orElse(0.0),
            section.text("chat_template", TextRule.ANY),
            modalityLoss,
            ModalitySectionReader.modalities(section, modalityLoss),
            section.flag("statistics", true));
    section.finish();
    return settings;
  }

  static EvaluationSettings evaluation(Section section, DataSettings data) {
    EvaluationSettings settings =
        new EvaluationSettings(
            section.sections("sources").stream().map(SourceSectionReader::plain).toList(),
            section.integer("every_steps", 0, Integer.MAX_VALUE, 0),
            section.integer("rows", 1, Integer.MAX_VALUE, EvaluationSettings.ROWS));
    if (settings.duringTraining() && settings.sources().isEmpty() && data.heldOutShare() == 0) {
      section.refuse(
          "every_steps",
          settings.everySteps() + " without held-out documents",
          "evaluation.sources, or data.held_out_share above 0");
    }
    section.finish();
    return settings;
  }

  /** Path of the first source that holds text. */
  static Optional<String> firstWithText(List<SourceSettings> sources) {
    return sources.stream()
        .filter(source -> !source.holdsTokenIds())
        .map(SourceSettings::path)
        .findFirst();
  }

  /** A share means nothing beside a source that has none. */
  private static void checkWeights(List<Section> sections, List<SourceSettings> sources) {
    long weighted = sources.stream().filter(source -> source.weight().isPresent()).count();
    if (weighted == 0) {
      return;
    }
    double sum = 0;
    for (int i = 0; i < sources.size(); i++) {
      if (sources.get(i).weight().isEmpty() && sections.get(i).isSound("weight")) {
        sections.get(i).refuse("weight", "missing", "a weight for every source, or for none");
      }
      sum += sources.get(i).weight().orElse(0);
    }
    if (sum == 0 && sections.getFirst().isSound("weight")) {
      sections.getFirst().refuse("weight", "0 as everywhere", "at least one weight above 0");
    }
  }
}
