package dev.annulus.data.spark;

/** Told how far preparing is. Called by several threads. */
@FunctionalInterface
public interface PrepareProgress {
  /** Nobody listens. */
  PrepareProgress SILENT = (phase, done, total) -> {};

  /**
   * Some tasks of a phase are done.
   *
   * @param phase what is being done, for people
   * @param done tasks that are done
   * @param total tasks known so far
   */
  void onTasks(String phase, int done, int total);
}
