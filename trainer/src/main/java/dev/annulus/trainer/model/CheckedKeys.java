package dev.annulus.trainer.model;

import dev.annulus.config.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A map of keys as JSON or YAML gives them, read by type. What is wrong is collected, and a value
 * that lets the reading go on (the default, or 1 for a size) takes its place. A null is a missing
 * key.
 */
final class CheckedKeys {
  private final Map<String, Object> keys;
  private final UnaryOperator<String> place;
  private final List<Problem> problems;

  CheckedKeys(Map<String, Object> keys, UnaryOperator<String> place) {
    this(keys, place, new ArrayList<>());
  }

  private CheckedKeys(
      Map<String, Object> keys, UnaryOperator<String> place, List<Problem> problems) {
    this.keys = keys;
    this.place = place;
    this.problems = problems;
  }

  /** The map under {@code key}, which reports to the same list; null if there is none. */
  CheckedKeys section(String key) {
    Object value = keys.get(key);
    if (value == null) {
      return null;
    }
    if (!(value instanceof Map<?, ?> map)) {
      problem(key, "null or an object");
      return null;
    }
    Map<String, Object> inner = new LinkedHashMap<>();
    map.forEach((name, element) -> inner.put(String.valueOf(name), element));
    return new CheckedKeys(inner, name -> place.apply(key + "." + name), problems);
  }

  List<Problem> problems() {
    return problems;
  }

  Object get(String key) {
    return keys.get(key);
  }

  /** Whether nothing is wrong with the key so far. */
  boolean isSound(String key) {
    return problems.stream().noneMatch(problem -> problem.place().equals(place.apply(key)));
  }

  void problem(String key, String expectation) {
    String value = keys.get(key) == null ? "missing" : String.valueOf(keys.get(key));
    String shortened = value.length() > 80 ? value.substring(0, 77) + "..." : value;
    problems.add(new Problem(place.apply(key), shortened, expectation));
  }

  int requiredSize(String key) {
    if (keys.get(key) == null) {
      problem(key, "a positive integer");
      return 1;
    }
    return size(key, 1);
  }

  int size(String key, int missing) {
    Object value = keys.get(key);
    if (value == null) {
      return missing;
    }
    if (isInteger(value)
        && ((Number) value).longValue() >= 1
        && ((Number) value).longValue() <= Integer.MAX_VALUE) {
      return ((Number) value).intValue();
    }
    problem(key, "a positive integer");
    return Math.max(1, missing);
  }

  double positive(String key, double missing) {
    Object value = keys.get(key);
    if (value == null) {
      return missing;
    }
    if (value instanceof Number number
        && Double.isFinite(number.doubleValue())
        && number.doubleValue() > 0) {
      return number.doubleValue();
    }
    problem(key, "a positive number");
    return 1;
  }

  double requiredPositive(String key) {
    if (keys.get(key) == null) {
      problem(key, "a positive number");
    }
    return positive(key, 1);
  }

  boolean flag(String key, boolean missing) {
    Object value = keys.get(key);
    if (value == null) {
      return missing;
    }
    if (value instanceof Boolean flag) {
      return flag;
    }
    problem(key, "true or false");
    return missing;
  }

  /** A key that may be missing but must not be anything else. */
  void mustBe(String key, Object only) {
    Object value = keys.get(key);
    if (value != null && !value.equals(only)) {
      problem(key, only + ", the only one supported");
    }
  }

  /** One token id, a list of them, or none. */
  List<Integer> ids(String key, int vocabSize) {
    Object value = keys.get(key);
    List<?> list =
        value == null ? List.of() : value instanceof List<?> many ? many : List.of(value);
    List<Integer> ids = new ArrayList<>();
    for (Object id : list) {
      if (isInteger(id)
          && ((Number) id).longValue() >= 0
          && ((Number) id).longValue() < vocabSize) {
        ids.add(((Number) id).intValue());
      } else {
        problem(key, "null or token ids from 0 to vocab_size - 1 = " + (vocabSize - 1));
        return List.of();
      }
    }
    return ids;
  }

  /** The entries under other keys than these, in their order. */
  Map<String, Object> except(Set<String> known) {
    Map<String, Object> other = new LinkedHashMap<>(keys);
    other.keySet().removeAll(known);
    return other;
  }

  private static boolean isInteger(Object value) {
    return value instanceof Integer || value instanceof Long;
  }
}
