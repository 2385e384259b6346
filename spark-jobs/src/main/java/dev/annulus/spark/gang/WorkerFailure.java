package dev.annulus.spark.gang;

import dev.annulus.config.Problem;
import java.util.ArrayList;
import java.util.List;

/**
 * Why a worker left its step.
 *
 * @param rank which worker
 * @param attempt of the stage, from 0
 * @param kind what follows from it
 * @param message for people
 * @param problems of the input, if that is the cause
 */
record WorkerFailure(
    int rank, int attempt, Kind kind, String message, ArrayList<Problem> problems) {
  /** The failure of a worker that cannot take part as it is. */
  static WorkerFailure wrongInput(int rank, int attempt, Problem problem) {
    return new WorkerFailure(
        rank, attempt, Kind.WRONG_INPUT, problem.toString(), new ArrayList<>(List.of(problem)));
  }

  /** What follows from a failure. */
  enum Kind {
    /** The input is wrong: a restart would end the same. */
    WRONG_INPUT,
    /** A restart would end the same. */
    FATAL,
    /** Something outside failed: restart from the last checkpoint. */
    RESTART,
    /** Only the echo of another worker's failure. */
    ECHO
  }
}
