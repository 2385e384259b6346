package dev.annulus.config;

import dev.annulus.config.MergeMethodSettings.Method;
import java.util.function.Supplier;

/** Reads the keys of a merge method. A parameter of another method is an unknown key. */
final class MergeMethodReader {
  private MergeMethodReader() {}

  static MergeMethodSettings read(Section section) {
    Method method = section.choice("method", Method.OPCM);
    MergeMethodSettings defaults = MergeMethodSettings.of(method);
    return new MergeMethodSettings(
        method,
        number(section, method, "alpha", NumberRule.SHARE, defaults.alpha()),
        number(section, method, "scale", NumberRule.POSITIVE, defaults.scale()),
        number(section, method, "density", NumberRule.POSITIVE_SHARE, defaults.density()),
        ifKnown(
            method,
            "rank",
            () -> section.integer("rank", 1, Integer.MAX_VALUE, defaults.rank()),
            defaults.rank()),
        number(section, method, "t", NumberRule.SHARE, defaults.t()));
  }

  private static double number(
      Section section, Method method, String key, NumberRule rule, double fallback) {
    return ifKnown(method, key, () -> section.number(key, rule).orElse(fallback), fallback);
  }

  private static <T> T ifKnown(Method method, String key, Supplier<T> read, T fallback) {
    return method.has(key) ? read.get() : fallback;
  }
}
