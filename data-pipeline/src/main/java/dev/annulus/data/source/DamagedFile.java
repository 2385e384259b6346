package dev.annulus.data.source;

import dev.annulus.config.Problem;
import dev.annulus.data.document.Outcome;
import java.io.IOException;

/** A compressed file that ends before its end, or is something else. */
final class DamagedFile {
  private DamagedFile() {}

  static <T> Outcome<T> outcome(String place, IOException e) {
    return new Outcome.Bad<>(
        new Problem(
            place,
            "damaged or cut off: " + e.getMessage(),
            "a whole file, compressed as it is named"),
        true);
  }
}
