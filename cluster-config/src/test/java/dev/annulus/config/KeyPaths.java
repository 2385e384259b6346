package dev.annulus.config;

import java.util.Set;
import java.util.TreeSet;

/** The keys that a YAML text holds, in the form of {@link Problems#knownKeys}. */
final class KeyPaths {
  private KeyPaths() {}

  static Set<String> of(String text) {
    Problems problems = new Problems();
    Set<String> paths = new TreeSet<>();
    YamlParser.parse(text, "", line -> new Origin.Line("text", line), problems)
        .ifPresent(root -> collect(root, "", paths));
    problems.throwIfAny();
    return paths;
  }

  private static void collect(Yaml yaml, String path, Set<String> paths) {
    switch (yaml) {
      case Yaml.Mapping mapping ->
          mapping
              .fields()
              .forEach(
                  (key, field) -> {
                    String child = path.isEmpty() ? key : path + "." + key;
                    paths.add(child);
                    collect(field.value(), child, paths);
                  });
      case Yaml.Sequence sequence ->
          sequence.items().forEach(item -> collect(item, path + ".*", paths));
      case Yaml.Scalar scalar -> paths.add(path);
    }
  }
}
