package dev.annulus.trainer.freeze;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.NearestKey;
import dev.annulus.config.Problem;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Tensors named by a configuration: full Hugging Face names, or patterns in which * is any text.
 */
public final class FreezePatterns {
  private FreezePatterns() {}

  /**
   * The tensors that the patterns name.
   *
   * @param tensors names of all tensors of the model
   * @param key where the patterns stand, for errors
   * @throws InvalidInputException with every pattern that names no tensor, and if nothing is left
   *     to train
   */
  public static SortedSet<String> frozen(List<String> patterns, Set<String> tensors, String key) {
    SortedSet<String> frozen = new TreeSet<>();
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < patterns.size(); i++) {
      Pattern pattern = regex(patterns.get(i));
      List<String> named =
          tensors.stream().filter(name -> pattern.matcher(name).matches()).toList();
      if (named.isEmpty()) {
        String nearest = NearestKey.of(patterns.get(i), tensors).orElse("none");
        problems.add(
            new Problem(
                key + "." + i,
                patterns.get(i),
                "a tensor of the model or a pattern of some, as " + nearest));
      }
      frozen.addAll(named);
    }
    if (problems.isEmpty() && !tensors.isEmpty() && frozen.size() == tensors.size()) {
      problems.add(new Problem(key, patterns.toString(), "at least one tensor left to train"));
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return Collections.unmodifiableSortedSet(frozen);
  }

  private static Pattern regex(String pattern) {
    StringBuilder regex = new StringBuilder();
    for (String literal : pattern.split("\\*", -1)) {
      regex.append(regex.isEmpty() ? "" : ".*").append(Pattern.quote(literal));
    }
    return Pattern.compile(regex.toString());
  }
}
