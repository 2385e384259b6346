package dev.annulus.config;

import dev.annulus.config.SourceSettings.Content;
import dev.annulus.config.SourceSettings.Format;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/** Reads one entry of {@code sources:}. */
final class SourceSectionReader {
  private SourceSectionReader() {}

  /** A source with its share in a mixture. */
  static SourceSettings ofMixture(Section section) {
    SourceSettings plain = read(section);
    Optional<Double> weight = section.number("weight", NumberRule.NOT_NEGATIVE);
    double repeats = section.number("max_repeats", NumberRule.POSITIVE).orElse(1.0);
    section.finish();
    return new SourceSettings(
        plain.path(),
        plain.format(),
        plain.content(),
        weight.isPresent() ? OptionalDouble.of(weight.get()) : OptionalDouble.empty(),
        repeats);
  }

  /** A source that stands for itself. */
  static SourceSettings plain(Section section) {
    SourceSettings plain = read(section);
    section.finish();
    return plain;
  }

  private static SourceSettings read(Section section) {
    String path = section.requiredText("path", TextRule.ANY);
    Format format = section.choice("format", Format.class).orElseGet(() -> formatOf(path));
    return new SourceSettings(path, format, content(section, format), OptionalDouble.empty(), 1);
  }

  private static Content content(Section section, Format format) {
    Optional<String> field = section.text("field", TextRule.ANY);
    Optional<String> modality = section.text("modality_field", TextRule.ANY);
    Optional<String> prompt = section.text("prompt_field", TextRule.ANY);
    Optional<String> answer = section.text("answer_field", TextRule.ANY);
    Optional<String> messages = section.text("messages_field", TextRule.ANY);
    String given = field.orElse("text");
    if (format == Format.TEXT && section.isSound("path", "format")) {
      refuseAll(section, "text, as the files of this source are read as plain text");
    } else if (prompt.isPresent() != answer.isPresent()) {
      section.refuse(
          prompt.isPresent() ? "answer_field" : "prompt_field",
          "missing",
          "both of prompt_field and answer_field, or neither");
    } else if (prompt.isPresent() && (field.isPresent() || messages.isPresent())) {
      section.refuse("prompt_field", prompt.get(), "no field or messages_field beside it");
    } else if (messages.isPresent() && field.isPresent()) {
      section.refuse("messages_field", messages.get(), "no field beside it");
    } else if (modality.isPresent() && !given.equals(SourceSettings.INPUT_IDS)) {
      section.refuse("modality_field", modality.get(), "field: input_ids beside it");
    }
    if (prompt.isPresent() && answer.isPresent()) {
      return new SourceSettings.PromptAnswer(prompt.get(), answer.get());
    }
    return messages.isPresent()
        ? new SourceSettings.Messages(messages.get())
        : SourceSettings.contentOf(format, given, modality.orElse(""));
  }

  private static void refuseAll(Section section, String expectation) {
    for (String key :
        new String[] {
          "field", "modality_field", "prompt_field", "answer_field", "messages_field"
        }) {
      Optional<String> text = section.text(key, TextRule.ANY);
      if (text.isPresent() && !(key.equals("field") && text.get().equals("text"))) {
        section.refuse(key, text.get(), expectation);
      }
    }
  }

  private static Format formatOf(String path) {
    String lower = path.toLowerCase(Locale.ROOT).replaceFirst("\\.(gz|zst)$", "");
    if (lower.endsWith(".jsonl") || lower.endsWith(".json")) {
      return Format.JSONL;
    }
    return lower.endsWith(".parquet") ? Format.PARQUET : Format.TEXT;
  }
}
