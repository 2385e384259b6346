package dev.annulus.config;

import java.math.BigInteger;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A value of a YAML document and where it was written. Immutable; the typed views are empty where
 * the value is of another type.
 */
sealed interface Yaml {
  /** Where it was written. */
  Origin origin();

  /** For people: the value, or what it is if it is not one word. */
  String shown();

  /** Whether there is nothing: a key without a value, {@code null} or {@code ~}. */
  default boolean isNothing() {
    return false;
  }

  /** True or false. */
  default Optional<Boolean> flag() {
    return Optional.empty();
  }

  /** A whole number; 1e3 and 5.0 are whole too. */
  default Optional<Long> whole() {
    return Optional.empty();
  }

  /** Any finite number. */
  default Optional<Double> number() {
    return Optional.empty();
  }

  /** Text as it was written, also where it looks like a number: {@code name: 2024}. */
  default Optional<String> text() {
    return Optional.empty();
  }

  /**
   * A leaf.
   *
   * @param value null, or a Boolean, Long, BigInteger, Double or String
   * @param written as in the document, without quotes
   * @param quoted whether it had quotes or was a block of text
   */
  record Scalar(Origin origin, Object value, String written, boolean quoted) implements Yaml {
    // From here on not every whole number is a double.
    private static final double MAX_EXACT = 1L << 53;

    @Override
    public String shown() {
      return quoted ? '"' + written + '"' : isNothing() ? "nothing" : written;
    }

    @Override
    public boolean isNothing() {
      return value == null;
    }

    @Override
    public Optional<Boolean> flag() {
      return value instanceof Boolean flag ? Optional.of(flag) : Optional.empty();
    }

    @Override
    public Optional<Long> whole() {
      return switch (value) {
        case Long whole -> Optional.of(whole);
        case Double number when number == Math.rint(number) && Math.abs(number) <= MAX_EXACT ->
            Optional.of(number.longValue());
        case null, default -> Optional.empty();
      };
    }

    @Override
    public Optional<Double> number() {
      return switch (value) {
        case Long whole -> Optional.of((double) whole);
        case BigInteger whole -> finite(whole.doubleValue());
        case Double number -> finite(number);
        case null, default -> Optional.empty();
      };
    }

    @Override
    public Optional<String> text() {
      return isNothing() ? Optional.empty() : Optional.of(written);
    }

    private static Optional<Double> finite(double number) {
      return Double.isFinite(number) ? Optional.of(number) : Optional.empty();
    }
  }

  /** A list. */
  record Sequence(Origin origin, List<Yaml> items) implements Yaml {
    public Sequence {
      items = List.copyOf(items);
    }

    @Override
    public String shown() {
      return "a list of " + items.size();
    }
  }

  /**
   * A section.
   *
   * @param fields in the order of the document
   */
  record Mapping(Origin origin, Map<String, Field> fields) implements Yaml {
    public Mapping {
      fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    @Override
    public String shown() {
      return "a section";
    }

    /** This section with one field set anew. */
    Mapping with(String key, Field field) {
      Map<String, Field> changed = new LinkedHashMap<>(fields);
      changed.put(key, field);
      return new Mapping(origin, changed);
    }
  }

  /**
   * A key's value.
   *
   * @param origin where the key stands
   */
  record Field(Origin origin, Yaml value) {}
}
