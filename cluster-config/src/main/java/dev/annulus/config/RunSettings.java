package dev.annulus.config;

/**
 * {@code run:} the run's identity.
 *
 * @param name required; letters, digits, '.', '_' and '-'
 * @param outputDir default {@code runs/<name>}
 * @param seed default 1234; every random choice of the run follows from it
 * @param resume what to do with checkpoints that are already in {@code outputDir}; default auto
 * @param maxRestarts how often the driver restarts failed workers from the last checkpoint; default
 *     3
 * @param waitForWorkersSeconds how long a run waits for a cluster that has no room for its workers;
 *     default 600
 */
public record RunSettings(
    String name,
    String outputDir,
    long seed,
    Resume resume,
    int maxRestarts,
    int waitForWorkersSeconds) {
  /** Whether a run continues from the newest complete checkpoint in its output directory. */
  public enum Resume {
    /** Continue if there is one, else start. */
    AUTO,
    /** Start anew; refuse an output directory that holds checkpoints. */
    NEVER,
    /** Continue; it is an error if there is none. */
    REQUIRED
  }
}
