package dev.annulus.spark;

import dev.annulus.spark.command.AnnulusCommand;

/** The main class: {@code annulus <command>}, under the launcher and under spark-submit. */
public final class Annulus {
  private Annulus() {}

  /**
   * Runs one command and ends the JVM with its exit code: 0 done, 2 wrong configuration or input, 1
   * anything else.
   */
  public static void main(String[] args) {
    int exitCode = AnnulusCommand.run(args);
    // Threads of native libraries and of Spark must not keep a finished command alive.
    System.out.flush();
    System.err.flush();
    Runtime.getRuntime().exit(exitCode);
  }
}
