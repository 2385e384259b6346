package dev.annulus.config;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Ports that may be listened on, written {@code any} or {@code first-last}.
 *
 * @param first the lowest; 0 with {@code last} 0 where the system chooses
 * @param last the highest
 */
public record PortRange(int first, int last) {
  /** Whichever is free. */
  public static final PortRange ANY = new PortRange(0, 0);

  private static final Pattern TEXT = Pattern.compile("(\\d{1,5})-(\\d{1,5})");
  private static final int LOWEST = 1024;
  private static final int HIGHEST = 65_535;

  /** The range in a text; empty if it is none, or names ports below 1024. */
  public static Optional<PortRange> parse(String text) {
    if (text.equals("any")) {
      return Optional.of(ANY);
    }
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    PortRange range =
        new PortRange(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
    boolean sound = range.first >= LOWEST && range.last <= HIGHEST && range.first <= range.last;
    return sound ? Optional.of(range) : Optional.empty();
  }

  /** Whether the system chooses. */
  public boolean isAny() {
    return first == 0;
  }

  @Override
  public String toString() {
    return isAny() ? "any" : first + "-" + last;
  }
}
