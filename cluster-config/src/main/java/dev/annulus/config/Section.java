package dev.annulus.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A section of a configuration that is being read. Each getter says by its arguments what is right;
 * what is not goes to the problems, and the getter gives a stand-in so that reading goes on. A key
 * without a value counts as left out.
 *
 * <p>Whoever has read all keys calls {@link #finish}: a key that nobody asked for is a problem.
 */
final class Section {
  private static final String SECTION = "a section of keys";
  private static final String AUTO = "auto";

  private final Yaml.Mapping node;
  private final String path;
  private final Problems problems;
  private final Set<String> known = new TreeSet<>();

  Section(Yaml.Mapping node, String path, Problems problems) {
    this.node = node;
    this.path = path;
    this.problems = problems;
  }

  /** A section in this one; an empty one if it is left out. */
  Section section(String key) {
    Optional<Yaml.Mapping> child = value(key, SECTION, Section::mapping);
    return child.isEmpty() && isGiven(key)
        ? unreadable(pathOf(key))
        : new Section(
            child.orElseGet(() -> new Yaml.Mapping(originOf(key), Map.of())),
            pathOf(key),
            problems);
  }

  /** The sections of a list; none if it is left out. */
  List<Section> sections(String key) {
    List<Section> sections = new ArrayList<>();
    for (Yaml item : items(key, "a list of sections").orElse(List.of())) {
      String itemPath = pathOf(key) + "." + sections.size();
      if (item instanceof Yaml.Mapping mapping) {
        sections.add(new Section(mapping, itemPath, problems));
      } else {
        problems.add(item.origin(), itemPath, item.shown(), SECTION);
        sections.add(unreadable(itemPath));
      }
    }
    return sections;
  }

  /** Stands in for what is no section: that is told already, so what is missing there is not. */
  private static Section unreadable(String path) {
    return new Section(new Yaml.Mapping(new Origin.CommandLine(), Map.of()), path, new Problems());
  }

  /** The entries of a list. */
  Optional<List<Yaml>> items(String key, String expectation) {
    return value(
        key,
        expectation,
        yaml -> yaml instanceof Yaml.Sequence list ? Optional.of(list.items()) : Optional.empty());
  }

  /** A list of texts; none if it is left out. */
  List<String> texts(String key, TextRule rule) {
    return readAll(
            key,
            items(key, "a list of texts").orElse(List.of()),
            rule.expectation(),
            item -> item.text().filter(rule::allows))
        .stream()
        .flatMap(Optional::stream)
        .toList();
  }

  /** The keys and values of a free section, which has keys of its own choice. */
  Map<String, Yaml.Field> freeSection(String key) {
    return value(key, SECTION, Section::mapping).map(Yaml.Mapping::fields).orElse(Map.of());
  }

  /** Text, if there is any. */
  Optional<String> text(String key, TextRule rule) {
    return value(key, rule.expectation(), yaml -> yaml.text().filter(rule::allows));
  }

  /** Text that must be there. */
  String requiredText(String key, TextRule rule) {
    return required(key, rule.expectation(), text(key, rule)).orElse("");
  }

  /** A whole number from {@code min} to {@code max}. */
  int integer(String key, int min, int max, int fallback) {
    return integer(key, min, max).orElse(fallback);
  }

  /** A whole number from {@code min} to {@code max}; nothing for {@code auto} or if left out. */
  OptionalInt integerOrAuto(String key, int min, int max) {
    boolean isAuto =
        isGiven(key) && node.fields().get(key).value().text().filter(AUTO::equals).isPresent();
    if (isAuto) {
      know(key);
      return OptionalInt.empty();
    }
    return integer(key, AUTO + " or " + wholeNumber(min, max), min, max).stream()
        .mapToInt(Integer::intValue)
        .findFirst();
  }

  /** A whole number from {@code min} to {@code max} that must be there. */
  int requiredInteger(String key, int min, int max) {
    return required(key, wholeNumber(min, max), integer(key, min, max)).orElse(min);
  }

  private Optional<Integer> integer(String key, int min, int max) {
    return integer(key, wholeNumber(min, max), min, max);
  }

  private Optional<Integer> integer(String key, String expectation, int min, int max) {
    return value(
        key,
        expectation,
        yaml -> yaml.whole().filter(n -> n >= min && n <= max).map(Math::toIntExact));
  }

  /** A whole number of 64 bits, at least {@code min}. */
  long whole(String key, long min, long fallback) {
    return value(
            key,
            "a whole number, at least " + min,
            yaml -> yaml.whole().filter(number -> number >= min))
        .orElse(fallback);
  }

  /** Any whole number of 64 bits. */
  long seed(String key, long fallback) {
    return value(key, "a whole number", Yaml::whole).orElse(fallback);
  }

  /** A number. */
  Optional<Double> number(String key, NumberRule rule) {
    return value(key, rule.expectation(), yaml -> yaml.number().filter(rule::allows));
  }

  /** A number that must be there. */
  double requiredNumber(String key, NumberRule rule) {
    return required(key, rule.expectation(), number(key, rule)).orElse(1.0);
  }

  /** A list of as many numbers as the fallback has. */
  List<Double> numbers(String key, NumberRule rule, List<Double> fallback) {
    String expectation = "a list of " + fallback.size() + " numbers";
    List<Yaml> items = items(key, expectation).orElse(List.of());
    if (items.size() != fallback.size()) {
      if (isGiven(key) && isSound(key)) {
        refuse(key, "a list of " + items.size(), expectation);
      }
      return fallback;
    }
    List<Optional<Double>> numbers =
        readAll(key, items, rule.expectation(), item -> item.number().filter(rule::allows));
    return IntStream.range(0, numbers.size())
        .mapToObj(i -> numbers.get(i).orElse(fallback.get(i)))
        .toList();
  }

  /** A list of any number of numbers; none if it is left out. */
  List<Double> numberList(String key, NumberRule rule) {
    return readAll(
            key,
            items(key, "a list of numbers").orElse(List.of()),
            rule.expectation(),
            item -> item.number().filter(rule::allows))
        .stream()
        .map(number -> number.orElse(1.0))
        .toList();
  }

  /** Each entry of a list, or nothing where it is a problem. */
  private <T> List<Optional<T>> readAll(
      String key, List<Yaml> items, String expectation, Function<Yaml, Optional<T>> conversion) {
    List<Optional<T>> values = new ArrayList<>();
    for (Yaml item : items) {
      Optional<T> value = conversion.apply(item);
      if (value.isEmpty()) {
        problems.add(item.origin(), pathOf(key) + "." + values.size(), item.shown(), expectation);
      }
      values.add(value);
    }
    return values;
  }

  /** True or false. */
  boolean flag(String key, boolean fallback) {
    return value(key, "true or false", Yaml::flag).orElse(fallback);
  }

  /** One of the constants of the fallback's type, in lower case. */
  <E extends Enum<E>> E choice(String key, E fallback) {
    return choice(key, fallback.getDeclaringClass()).orElse(fallback);
  }

  /** One of the constants of a type, in lower case, if there is any. */
  <E extends Enum<E>> Optional<E> choice(String key, Class<E> type) {
    E[] constants = type.getEnumConstants();
    String names = Arrays.stream(constants).map(Section::nameOf).collect(Collectors.joining(", "));
    return value(
        key,
        constants.length == 1 ? names : "one of " + names,
        yaml ->
            Arrays.stream(constants)
                .filter(constant -> yaml.text().filter(text -> isName(text, constant)).isPresent())
                .findFirst());
  }

  /** Words may be joined by hyphens too, as the names of ciphers are. */
  private static boolean isName(String text, Enum<?> constant) {
    return nameOf(constant).equals(text.replace('-', '_'));
  }

  /** How a constant is written in YAML. */
  static String nameOf(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** Whether a key has a value, of whatever type. */
  boolean isGiven(String key) {
    return node.fields().containsKey(key) && !node.fields().get(key).value().isNothing();
  }

  /** Whether the values of all these keys are right, so that they can be compared. */
  boolean isSound(String... keys) {
    return Arrays.stream(keys).map(this::pathOf).allMatch(problems::isSound);
  }

  /** Notes that a key is wrong for a reason of its reader's. */
  void refuse(String key, String value, String expectation) {
    problems.add(originOf(key), pathOf(key), value, expectation);
  }

  /** The full path of a key here. */
  String pathOf(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  /** Notes every key that no getter asked for. */
  void finish() {
    node.fields()
        .forEach(
            (key, field) -> {
              if (!known.contains(key)) {
                problems.add(field.origin(), pathOf(key), "unknown key", nearestTo(key));
              }
            });
  }

  private String nearestTo(String key) {
    return NearestKey.of(key, known).orElse("no key")
        + (known.size() > 1 ? "; the keys here are " + String.join(", ", known) : "");
  }

  private <T> Optional<T> value(
      String key, String expectation, Function<Yaml, Optional<T>> conversion) {
    know(key);
    if (!isGiven(key)) {
      return Optional.empty();
    }
    Yaml yaml = node.fields().get(key).value();
    Optional<T> value = conversion.apply(yaml);
    if (value.isEmpty()) {
      problems.add(yaml.origin(), pathOf(key), yaml.shown(), expectation);
    }
    return value;
  }

  private void know(String key) {
    known.add(key);
    problems.know(pathOf(key));
  }

  private <T> Optional<T> required(String key, String expectation, Optional<T> value) {
    if (!isGiven(key)) {
      refuse(key, "missing", expectation);
    }
    return value;
  }

  /** Where a key stands, or its section if it is left out. */
  private Origin originOf(String key) {
    Yaml.Field field = node.fields().get(key);
    return field == null ? node.origin() : field.origin();
  }

  private static Optional<Yaml.Mapping> mapping(Yaml yaml) {
    return yaml instanceof Yaml.Mapping mapping ? Optional.of(mapping) : Optional.empty();
  }

  private static String wholeNumber(int min, int max) {
    return max == Integer.MAX_VALUE
        ? "a whole number, at least " + min
        : "a whole number from " + min + " to " + max;
  }
}
