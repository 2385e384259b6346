package dev.annulus.config;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Changes of the command line to a configuration: {@code stages.0.steps=20}. The value is YAML; a
 * number in the key is an index of a list, from 0. Sections that are missing are made, entries of
 * lists are not. Of two overrides of one key the later holds.
 */
final class Overrides {
  private static final Origin ORIGIN = new Origin.CommandLine();
  // Spark's properties have dots of their own.
  private static final List<String> SPARK_CONF = List.of("spark", "conf");
  private static final Pattern INDEX = Pattern.compile("\\d{1,9}");

  private static final int MAX_KEYS = 32;

  private final Problems problems;

  private Overrides(Problems problems) {
    this.problems = problems;
  }

  /** The configuration with the overrides in it. */
  static Yaml.Mapping apply(List<String> overrides, Yaml.Mapping root, Problems problems) {
    Yaml.Mapping changed = root;
    for (String override : overrides) {
      changed = new Overrides(problems).apply(override, changed);
    }
    return changed;
  }

  private Yaml.Mapping apply(String override, Yaml.Mapping root) {
    int equalsAt = override.indexOf('=');
    String path = equalsAt < 0 ? "" : override.substring(0, equalsAt).strip();
    List<String> keys = keys(path);
    if (equalsAt < 0 || keys.size() > MAX_KEYS || keys.stream().anyMatch(String::isBlank)) {
      problems.add(ORIGIN, "", override, "key=value, for example stages.0.steps=20");
      return root;
    }
    return value(override.substring(equalsAt + 1).strip(), path)
        .map(value -> (Yaml.Mapping) with(root, keys, 0, value))
        .orElse(root);
  }

  private static List<String> keys(String path) {
    String sparkConf = String.join(".", SPARK_CONF) + ".";
    if (path.startsWith(sparkConf)) {
      return List.of(
          SPARK_CONF.getFirst(), SPARK_CONF.getLast(), path.substring(sparkConf.length()));
    }
    return Arrays.asList(path.split("\\.", -1));
  }

  private Optional<Yaml> value(String text, String path) {
    // No alias can be meant here: it is a glob.
    if (text.startsWith("*")) {
      return Optional.of(new Yaml.Scalar(ORIGIN, text, text, false));
    }
    return YamlParser.parse(text, path, line -> ORIGIN, problems);
  }

  /** {@code node} with the value at {@code keys[depth..]}; as it is if there is no such place. */
  private Yaml with(Yaml node, List<String> keys, int depth, Yaml value) {
    if (depth == keys.size()) {
      return value;
    }
    String key = keys.get(depth);
    return switch (node) {
      case Yaml.Mapping mapping -> {
        Yaml.Field field = mapping.fields().get(key);
        boolean isMade = field == null || field.value().isNothing();
        Yaml child = isMade ? empty(keys, depth + 1) : field.value();
        Origin origin = isMade || depth + 1 == keys.size() ? ORIGIN : field.origin();
        yield mapping.with(key, new Yaml.Field(origin, with(child, keys, depth + 1, value)));
      }
      case Yaml.Sequence sequence -> {
        int index = INDEX.matcher(key).matches() ? Integer.parseInt(key) : -1;
        if (index < 0 || index >= sequence.items().size()) {
          refuse(
              keys, key, "an index below " + sequence.items().size() + ", the length of the list");
          yield node;
        }
        Yaml[] items = sequence.items().toArray(Yaml[]::new);
        items[index] = with(items[index], keys, depth + 1, value);
        yield new Yaml.Sequence(sequence.origin(), List.of(items));
      }
      case Yaml.Scalar scalar -> {
        String parent = String.join(".", keys.subList(0, depth));
        refuse(keys, parent + " is " + scalar.shown(), "a key that the configuration can have");
        yield node;
      }
    };
  }

  /** What a missing section or list becomes, by the key that is looked for in it. */
  private static Yaml empty(List<String> keys, int depth) {
    return depth < keys.size() && INDEX.matcher(keys.get(depth)).matches()
        ? new Yaml.Sequence(ORIGIN, List.of())
        : new Yaml.Mapping(ORIGIN, Map.of());
  }

  private void refuse(List<String> keys, String value, String expectation) {
    problems.add(ORIGIN, String.join(".", keys), value, expectation);
  }
}
