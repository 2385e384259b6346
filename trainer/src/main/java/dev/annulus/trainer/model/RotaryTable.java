package dev.annulus.trainer.model;

import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;

/** Cosines and sines of the rotary embedding for each token, by its position in its document. */
final class RotaryTable {
  private final Tensor cosMemory;
  private final Tensor sinMemory;
  private final int pairs;
  private Tensor cos;
  private Tensor sin;

  RotaryTable(DeviceArena arena, int headDim, int maxTokens) {
    this.pairs = headDim / 2;
    this.cosMemory = arena.allocate(maxTokens, pairs);
    this.sinMemory = arena.allocate(maxTokens, pairs);
    this.cos = cosMemory;
    this.sin = sinMemory;
  }

  /**
   * Fills the table for tokens at these positions.
   *
   * @param documentTokens for each the length of its document
   */
  void load(
      RopeFrequencies frequencies, int[] positions, int[] documentTokens, HostStaging staging) {
    float[] cosines = new float[positions.length * pairs];
    float[] sines = new float[positions.length * pairs];
    for (int t = 0; t < positions.length; t++) {
      frequencies.rotation(positions[t], documentTokens[t], cosines, sines, t * pairs);
    }
    cos = cosMemory.rows(0, positions.length);
    sin = sinMemory.rows(0, positions.length);
    staging.upload(cosines, cos);
    staging.upload(sines, sin);
  }

  /** [T, headDim / 2]. */
  Tensor cos() {
    return cos;
  }

  /** [T, headDim / 2]. */
  Tensor sin() {
    return sin;
  }
}
