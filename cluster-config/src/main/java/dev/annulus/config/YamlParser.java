package dev.annulus.config;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.resolver.ScalarResolver;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * YAML 1.2 text to a {@link Yaml} tree: the one file that knows the YAML library's reader. Aliases
 * are written out, within limits that keep a hostile file from filling the memory or the stack.
 */
final class YamlParser {
  /** The largest document, in characters. */
  static final int MAX_CHARACTERS = 10 << 20;

  private static final int MAX_DEPTH = 64;
  private static final int MAX_VALUES = 100_000;
  private static final int MAX_ALIASES = 1000;
  private static final CoreSchema SCHEMA = new CoreSchema();
  private static final ScalarResolver RESOLVER = SCHEMA.getScalarResolver();

  private final IntFunction<Origin> originOfLine;
  private final Problems problems;
  private int values;

  private YamlParser(IntFunction<Origin> originOfLine, Problems problems) {
    this.originOfLine = originOfLine;
    this.problems = problems;
  }

  /**
   * The tree of one document.
   *
   * @param path key of what is parsed, empty for a whole configuration
   * @param originOfLine what a line number, from 1, says to the user
   * @return empty if the text is not YAML, which is then among the problems
   */
  static Optional<Yaml> parse(
      String text, String path, IntFunction<Origin> originOfLine, Problems problems) {
    YamlParser parser = new YamlParser(originOfLine, problems);
    try {
      if (parser.isTooDeep(text, path)) {
        return Optional.empty();
      }
      Optional<Node> root = new Compose(settings(text)).composeString(text);
      return root.isEmpty()
          ? Optional.of(new Yaml.Scalar(originOfLine.apply(1), null, "", false))
          : parser.tree(root.get(), path, 0);
    } catch (MarkedYamlEngineException e) {
      var mark = e.getProblemMark().or(e::getContextMark);
      int line = mark.map(m -> m.getLine() + 1).orElse(1);
      String column = mark.map(m -> "column " + (m.getColumn() + 1) + ": ").orElse("");
      problems.add(originOfLine.apply(line), path, column + e.getProblem(), "YAML");
    } catch (ReaderException e) {
      int line = 1 + (int) text.codePoints().limit(e.getPosition()).filter(c -> c == '\n').count();
      String character = String.format(Locale.ROOT, "character U+%04X", e.getCodePoint());
      problems.add(originOfLine.apply(line), path, character, "YAML, which does not allow it");
    } catch (YamlEngineException e) {
      problems.add(originOfLine.apply(1), path, String.valueOf(e.getMessage()), "YAML");
    }
    return Optional.empty();
  }

  /**
   * The buffer holds the whole text: the library's reader, which takes buffers one after another,
   * writes past the end of one whose last character is the first half of a surrogate pair.
   */
  private static LoadSettings settings(String text) {
    return LoadSettings.builder()
        .setSchema(SCHEMA)
        .setCodePointLimit(MAX_CHARACTERS)
        .setMaxAliasesForCollections(MAX_ALIASES)
        .setBufferSize(text.length() + 1)
        .build();
  }

  /** The library composes recursively: depth must be known before. */
  private boolean isTooDeep(String text, String path) {
    int depth = 0;
    for (Event event : new Parse(settings(text)).parseString(text)) {
      if (event instanceof CollectionStartEvent && ++depth > MAX_DEPTH) {
        int line = event.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
        reportDepth(originOfLine.apply(line), path);
        return true;
      }
      depth -= event instanceof CollectionEndEvent ? 1 : 0;
    }
    return false;
  }

  private Optional<Yaml> tree(Node node, String path, int depth) {
    Origin origin = origin(node);
    // Only an alias inside its own anchor gets as deep as this.
    if (depth > MAX_DEPTH) {
      reportDepth(origin, path);
      return Optional.empty();
    }
    if (++values > MAX_VALUES) {
      if (values == MAX_VALUES + 1) {
        problems.add(origin, path, "too many values", "at most " + MAX_VALUES + " in all");
      }
      return Optional.empty();
    }
    return switch (node) {
      case ScalarNode scalar -> Optional.of(scalar(scalar, origin, path));
      case SequenceNode sequence -> {
        refuseTag(node, Tag.SEQ, origin, path);
        List<Yaml> items = new ArrayList<>();
        for (Node item : sequence.getValue()) {
          tree(item, child(path, String.valueOf(items.size())), depth + 1).ifPresent(items::add);
        }
        yield Optional.of(new Yaml.Sequence(origin, items));
      }
      case MappingNode mapping -> Optional.of(mapping(mapping, origin, path, depth));
      default -> throw new IllegalStateException("YAML node of type " + node.getNodeType());
    };
  }

  private Yaml mapping(MappingNode mapping, Origin origin, String path, int depth) {
    refuseTag(mapping, Tag.MAP, origin, path);
    Map<String, Yaml.Field> fields = new LinkedHashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      Origin keyOrigin = origin(tuple.getKeyNode());
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        problems.add(keyOrigin, path, "a list or section as a key", "a word");
        continue;
      }
      String keyPath = child(path, key.getValue());
      Yaml.Field earlier = fields.get(key.getValue());
      if (earlier != null) {
        String first = earlier.origin().place("");
        problems.add(keyOrigin, keyPath, "given twice", "one; the first is at " + first);
        continue;
      }
      tree(tuple.getValueNode(), keyPath, depth + 1)
          .ifPresent(value -> fields.put(key.getValue(), new Yaml.Field(keyOrigin, value)));
    }
    return new Yaml.Mapping(origin, fields);
  }

  private Yaml scalar(ScalarNode node, Origin origin, String path) {
    String written = node.getValue();
    Tag tag = RESOLVER.resolve(written, node.isPlain());
    // An explicit !!str is another way to quote; other tags would only hide what a value is.
    boolean isText = node.getTag().equals(Tag.STR);
    refuseTag(node, isText ? Tag.STR : tag, origin, path);
    return new Yaml.Scalar(
        origin, isText ? written : value(tag, written), written, !node.isPlain());
  }

  private static Object value(Tag tag, String written) {
    if (tag.equals(Tag.NULL)) {
      return null;
    }
    if (tag.equals(Tag.BOOL)) {
      return written.equalsIgnoreCase("true");
    }
    if (tag.equals(Tag.INT)) {
      return wholeNumber(written);
    }
    return tag.equals(Tag.FLOAT) ? (Object) number(written) : written;
  }

  /** As the core schema writes whole numbers: decimal, 0o17 or 0x1F. */
  private static Object wholeNumber(String written) {
    BigInteger value =
        written.startsWith("0o")
            ? new BigInteger(written.substring(2), 8)
            : written.startsWith("0x")
                ? new BigInteger(written.substring(2), 16)
                : new BigInteger(written);
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
  }

  private static double number(String written) {
    return switch (written.toLowerCase(Locale.ROOT)) {
      case ".nan" -> Double.NaN;
      case ".inf", "+.inf" -> Double.POSITIVE_INFINITY;
      case "-.inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(written);
    };
  }

  private void refuseTag(Node node, Tag usual, Origin origin, String path) {
    if (!node.getTag().equals(usual)) {
      problems.add(origin, path, "tag " + node.getTag(), "a value without a tag");
    }
  }

  private void reportDepth(Origin origin, String path) {
    problems.add(origin, path, "nested too deeply", "at most " + MAX_DEPTH + " levels");
  }

  private Origin origin(Node node) {
    return originOfLine.apply(node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1));
  }

  private static String child(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
