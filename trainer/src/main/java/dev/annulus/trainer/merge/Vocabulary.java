package dev.annulus.trainer.merge;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.trainer.huggingface.JsonFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Whether a model's tokens mean what the base's do. Tokenisers are saved again in slightly
 * different forms, so not the files are compared but which text has which id.
 */
final class Vocabulary {
  private static final String FILE = "tokenizer.json";

  private Vocabulary() {}

  /** The difference, if both folders have a {@code tokenizer.json}. */
  static List<Problem> problems(Path base, Path model) {
    if (!Files.isRegularFile(base.resolve(FILE)) || !Files.isRegularFile(model.resolve(FILE))) {
      return List.of();
    }
    Object expected;
    Object found;
    try {
      expected = tokens(base.resolve(FILE));
      found = tokens(model.resolve(FILE));
    } catch (InvalidInputException e) {
      return e.problems();
    }
    return expected.equals(found)
        ? List.of()
        : List.of(
            new Problem(
                model.resolve(FILE).toString(),
                "another vocabulary",
                "the tokens and ids of " + base.resolve(FILE)));
  }

  private static Object tokens(Path file) {
    Map<String, Object> json = JsonFiles.read(file);
    Map<String, Object> tokens = new TreeMap<>();
    if (json.get("model") instanceof Map<?, ?> model && model.get("vocab") != null) {
      tokens.put("vocab", model.get("vocab"));
    }
    if (json.get("added_tokens") instanceof List<?> added) {
      for (Object token : added) {
        if (token instanceof Map<?, ?> entry) {
          tokens.put("added " + entry.get("content"), entry.get("id"));
        }
      }
    }
    return tokens;
  }
}
