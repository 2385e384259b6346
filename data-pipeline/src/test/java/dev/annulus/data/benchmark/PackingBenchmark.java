package dev.annulus.data.benchmark;

import dev.annulus.data.pack.PackingTrial;
import java.util.Locale;

/**
 * Padding left in rows of 8 Ki to 1 Mi, documents log-normal (median 1,024, sigma 1.2), beside
 * greedy first-fit in the order of arrival. Argument: millions of tokens.
 */
final class PackingBenchmark {
  private PackingBenchmark() {}

  public static void main(String[] arguments) {
    long tokens = Long.parseLong(arguments[0]) * 1_000_000;
    System.out.println("row         padding    first-fit   next-fit   seconds");
    for (int row = 8192; row <= 1 << 20; row *= 2) {
      PackingTrial trial = PackingTrial.run(row, tokens, 5);
      System.out.printf(
          Locale.ROOT,
          "%,9d   %.3f %%    %.3f %%    %.3f %%    %.1f%n",
          row,
          100 * trial.padding(),
          100 * trial.firstFitPadding(),
          100 * trial.nextFitPadding(),
          trial.seconds());
    }
  }
}
