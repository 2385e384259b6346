package dev.annulus.spark.console;

import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * A line that is rewritten in place on a terminal, and printed every few seconds where output goes
 * to a file. Any thread may update it.
 */
public final class ProgressLine implements AutoCloseable {
  private static final long REWRITE_NS = 200_000_000L;
  private static final long PRINT_NS = 10_000_000_000L;

  private final Console console;
  private final boolean terminal;
  private final LongSupplier nanoTime;
  private long lastNs;
  private boolean shown;
  private int width;

  public ProgressLine(Console console, boolean terminal, LongSupplier nanoTime) {
    this.console = console;
    this.terminal = terminal;
    this.nanoTime = nanoTime;
  }

  /** Whether standard output is a terminal. */
  public static boolean onTerminal() {
    return Optional.ofNullable(System.console()).filter(java.io.Console::isTerminal).isPresent();
  }

  /**
   * Shows {@code line} if it is time to, or at once.
   *
   * @param now whether to show it whatever was shown before: the first and last of a stage
   */
  public synchronized void update(String line, boolean now) {
    if (console.quiet()) {
      return;
    }
    long time = nanoTime.getAsLong();
    if (!now && shown && time - lastNs < (terminal ? REWRITE_NS : PRINT_NS)) {
      return;
    }
    lastNs = time;
    if (terminal) {
      console.out().print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
      console.out().flush();
      width = line.length();
    } else {
      console.out().println(line);
    }
    shown = true;
  }

  /** Ends the line, so that what follows starts on its own. */
  @Override
  public synchronized void close() {
    if (terminal && shown) {
      console.out().println();
    }
    shown = false;
    width = 0;
  }
}
