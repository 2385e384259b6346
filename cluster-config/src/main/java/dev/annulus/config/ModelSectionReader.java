package dev.annulus.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Reads {@code model:}. What its free section {@code config} may hold, the model itself checks. */
final class ModelSectionReader {
  private final Section section;
  private final Problems problems;

  private ModelSectionReader(Section section, Problems problems) {
    this.section = section;
    this.problems = problems;
  }

  /**
   * The settings.
   *
   * @param text path of a source that holds text, if there is one
   */
  static ModelSettings read(Section section, Optional<String> text, Problems problems) {
    return new ModelSectionReader(section, problems).read(text);
  }

  private ModelSettings read(Optional<String> text) {
    Optional<String> path = section.text("path", TextRule.ANY);
    Optional<String> tokenizer = section.text("tokenizer", TextRule.ANY);
    Map<String, Yaml.Field> config = section.freeSection("config");
    if (section.isSound("path", "config")) {
      if (path.isPresent() && !config.isEmpty()) {
        section.refuse("config", "given beside model.path", "one of model.path and model.config");
      } else if (path.isEmpty() && config.isEmpty()) {
        section.refuse(
            "path",
            "missing",
            "a Hugging Face folder to start from, or model.config to start anew");
      }
    }
    if (tokenizer.isEmpty() && section.isSound("tokenizer") && text.isPresent()) {
      section.refuse(
          "tokenizer",
          "missing",
          "a folder with tokenizer.json, that file, or bytes, as " + text.get() + " holds text");
    }
    section.finish();
    return new ModelSettings(path, tokenizer, plain(config, section.pathOf("config")));
  }

  /** What JSON would give: Boolean, Integer, Long, Double, String, List and Map. */
  private Map<String, Object> plain(Map<String, Yaml.Field> fields, String path) {
    Map<String, Object> values = new TreeMap<>();
    fields.forEach(
        (key, field) ->
            plain(field.value(), path + "." + key).ifPresent(value -> values.put(key, value)));
    return Collections.unmodifiableMap(values);
  }

  private Optional<Object> plain(Yaml yaml, String path) {
    return switch (yaml) {
      case Yaml.Mapping mapping -> Optional.of(plain(mapping.fields(), path));
      case Yaml.Sequence sequence -> {
        List<Object> values = new ArrayList<>();
        for (Yaml item : sequence.items()) {
          plain(item, path + "." + values.size()).ifPresent(values::add);
        }
        yield Optional.of(Collections.unmodifiableList(values));
      }
      case Yaml.Scalar scalar -> plain(scalar, path);
    };
  }

  private Optional<Object> plain(Yaml.Scalar scalar, String path) {
    return switch (scalar.value()) {
      case null -> Optional.empty();
      case Long whole -> Optional.of(whole.intValue() == whole ? (Object) whole.intValue() : whole);
      case Double number when !number.isNaN() && !number.isInfinite() -> Optional.of(number);
      case Number wrong -> {
        problems.add(scalar.origin(), path, scalar.shown(), "a finite number of 64 bits");
        yield Optional.empty();
      }
      case Object other -> Optional.of(other);
    };
  }
}
