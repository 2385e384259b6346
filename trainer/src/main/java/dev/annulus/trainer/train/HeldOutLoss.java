package dev.annulus.trainer.train;

import dev.annulus.config.InvalidInputException;
import dev.annulus.data.read.PackedRows;
import dev.annulus.data.read.SequentialRowOrder;
import dev.annulus.mesh.Mesh;

/**
 * The loss over held-out rows with the weights as they are: one sum over all targets of all rows by
 * one sum of their weights, so that it does not depend on the mesh. Changes nothing that training
 * goes on from.
 */
final class HeldOutLoss {
  private final TensorCollectives world;
  private final StepGradients stage;
  private final StepRows rows;

  private HeldOutLoss(
      TensorCollectives world, StepGradients stage, StepRows rows) {
    this.world = world;
    this.stage = stage;
    this.rows = rows;
  }

  /**
   * Reads this worker's part of the first rows, which stays in memory.
   *
   * @param stage how rows lie over the ring
   * @param most rows that are taken
   * @param vocabulary token ids are below this
   * @throws InvalidInputException if a row holds another id
   */
  static HeldOutLoss read(
      PackedRows packed,
      int most,
      WorkerEnvironment environment,
      TensorCollectives world,
      StepGradients stage,
      int vocabulary) {
    Mesh mesh = environment.mesh();
    StepRows rows =
        StepRows.read(
            packed,
            new SequentialRowOrder(packed.size()),
            stage::shareOf,
            1,
            Math.min(most, packed.size()),
            mesh.dataIndex(environment.rank()),
            mesh.data(),
            vocabulary);
    return new HeldOutLoss(world, stage, rows);
  }

  /**
   * Collective: the mean over all targets.
   *
   * @param step for errors
   * @throws InvalidInputException if no row has a target
   */
  double after(long step) {
    double numerator = stage.lossOfThisRank(step, rows);
    double[] sums = world.allReduceSum(new double[] {numerator, rows.weight()}, step);
    if (!(sums[1] > 0)) {
      throw new InvalidInputException(
          "held-out packed rows",
          "loss weights that sum to " + sums[1],
          "at least one document with a target, that is of two tokens or more");
    }
    return sums[0] / sums[1];
  }
}
