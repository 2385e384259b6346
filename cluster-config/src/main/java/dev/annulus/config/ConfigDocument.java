package dev.annulus.config;

import java.util.Map;
import java.util.Optional;

/** A configuration's text as a tree whose root is a section. */
final class ConfigDocument {
  private ConfigDocument() {}

  /**
   * Parses YAML; nothing at all is an empty section.
   *
   * @param name what problems call the text
   * @param sections for people: what may stand at the top
   * @throws InvalidInputException if it is no YAML, or no section
   */
  static Yaml.Mapping parse(String name, String text, String sections, Problems problems) {
    Optional<Yaml> document =
        YamlParser.parse(text, "", line -> new Origin.Line(name, line), problems);
    if (document.isEmpty()) {
      // Of a text that is no YAML at all, nothing more can be said.
      problems.throwIfAny();
    }
    return switch (document.orElseThrow()) {
      case Yaml.Mapping mapping -> mapping;
      case Yaml.Scalar scalar when scalar.isNothing() ->
          new Yaml.Mapping(scalar.origin(), Map.of());
      case Yaml other ->
          throw new InvalidInputException(other.origin().place(""), other.shown(), sections);
    };
  }
}
