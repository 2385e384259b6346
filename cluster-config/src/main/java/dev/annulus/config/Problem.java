package dev.annulus.config;

/**
 * One thing that is wrong with a user's configuration or input.
 *
 * @param place where it stands: a configuration key ({@code stages.0.steps}), a file and line
 *     ({@code docs.jsonl:17}), a file
 * @param value what was found there, shortened for people
 * @param expectation what would have been right
 */
public record Problem(String place, String value, String expectation) {
  @Override
  public String toString() {
    return place + ": " + value + " (expected " + expectation + ")";
  }
}
