package dev.annulus.trainer.model;

import dev.annulus.device.DataType;

/**
 * What training takes of a device beside activations and the weights that are there already.
 *
 * @param trained weights that gradients and two moments are held of, fp32
 * @param copied weights that are held a second time, if activations are of another type
 * @param rooms elements of fp32 that gradients pass through
 */
public record WeightMemory(long trained, long copied, long rooms) {
  private static final long FLOATS_PER_WEIGHT = 3;
  private static final long FLOATS_WITHOUT_GRADIENTS = 1;

  /** Of a rank that holds everything, its moments perhaps not all: more than it takes. */
  public static WeightMemory whole(long weights) {
    return new WeightMemory(weights, weights, 0);
  }

  /**
   * All of it.
   *
   * @param backward whether there are gradients; else there is a copy of the unshifted weights
   */
  long bytes(DataType type, boolean backward) {
    long floats = backward ? FLOATS_PER_WEIGHT : FLOATS_WITHOUT_GRADIENTS;
    return (floats * trained + rooms) * Float.BYTES
        + (type == DataType.FLOAT32 ? 0 : copied * type.bytes());
  }
}
