package dev.annulus.spark.command;

/**
 * Refuses JDK 25.0.0 to 25.0.2: their G1 collector may move arrays that native code has pinned
 * (JDK-8377811), which damages data silently.
 */
final class JavaVersionCheck {
  private JavaVersionCheck() {}

  static void require() {
    Runtime.Version version = Runtime.version();
    if (version.feature() < 25
        || (version.feature() == 25 && version.interim() == 0 && version.update() < 3)) {
      throw new IllegalStateException(
          "Java " + version + " is too old: 25.0.3 or later is needed (see JDK-8377811)");
    }
  }
}
