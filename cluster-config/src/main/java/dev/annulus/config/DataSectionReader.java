package dev.annulus.config;

import java.util.List;
import java.util.Locale;
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
    List<SourceSettings> sources = sources(section);
    if (sources.isEmpty() && section.isSound("sources")) {
      section.refuse("sources", "missing", "a list of at least one source with a path");
    }
    DataSettings settings =
        new DataSettings(
            sources,
            section.text("packed_dir", TextRule.ANY).orElse(outputDir + "/packed"),
            section.flag("add_bos", true),
            section.flag("add_eos", true),
            section.choice("long_documents", DataSettings.LongDocuments.SPLIT),
            section.choice("loss_normalization", DataSettings.LossNormalization.TOKEN),
            section.flag("shuffle", true));
    section.finish();
    return settings;
  }

  static EvaluationSettings evaluation(Section section) {
    EvaluationSettings settings = new EvaluationSettings(sources(section));
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

  private static List<SourceSettings> sources(Section section) {
    return section.sections("sources").stream().map(DataSectionReader::source).toList();
  }

  /** One source; its reader ends the section. */
  static SourceSettings source(Section section) {
    String path = section.requiredText("path", TextRule.ANY);
    SourceSettings.Format format =
        section.choice("format", SourceSettings.Format.class).orElseGet(() -> formatOf(path));
    String field = section.text("field", TextRule.ANY).orElse("text");
    if (format == SourceSettings.Format.TEXT
        && !field.equals("text")
        && section.isSound("path", "format")) {
      section.refuse("field", field, "text, as the files of this source are read as plain text");
    }
    section.finish();
    return new SourceSettings(path, format, field);
  }

  private static SourceSettings.Format formatOf(String path) {
    String lower = path.toLowerCase(Locale.ROOT);
    if (lower.endsWith(".jsonl") || lower.endsWith(".json")) {
      return SourceSettings.Format.JSONL;
    }
    return lower.endsWith(".parquet") ? SourceSettings.Format.PARQUET : SourceSettings.Format.TEXT;
  }
}
