package dev.annulus.spark.gang;

import dev.annulus.trainer.train.StageReport;
import java.util.ArrayList;

/**
 * What a worker brings home.
 *
 * @param rank which worker
 * @param steps of the whole run
 * @param resumedFrom step of the checkpoint it continued from, 0 if none
 * @param stages summed up; those of rank 0 cover the whole run
 */
public record WorkerResult(int rank, long steps, long resumedFrom, ArrayList<StageReport> stages) {}
