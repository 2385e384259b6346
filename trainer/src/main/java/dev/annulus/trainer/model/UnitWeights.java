package dev.annulus.trainer.model;

/** The weights as a pass over the model meets them, unit by unit. */
public interface UnitWeights {
  /**
   * The weights of a unit, both kinds; tensors of other units may be missing. They stay until
   * another unit that is not a block, or another block, is asked for; those of the embedding table
   * stay beside the head's where it is the head too. Collective where the ranks share weights out.
   *
   * @param step named in errors
   */
  ModelWeights of(ModelUnit unit, long step);

  /** All weights, always there. */
  static UnitWeights whole(ModelWeights weights) {
    return (unit, step) -> weights;
  }
}
