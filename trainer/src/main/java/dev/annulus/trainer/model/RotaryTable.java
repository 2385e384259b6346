package dev.annulus.trainer.model;

import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;

/** Cosines and sines of the rotary embedding for each token, by its position in its document. */
final class RotaryTable {
  private final Kernels kernels;
  private final Tensor positionMemory;
  private final Tensor frequencyMemory;
  private final Tensor rowMemory;
  private final Tensor cosMemory;
  private final Tensor sinMemory;
  private Tensor cos;
  private Tensor sin;

  RotaryTable(Kernels kernels, DeviceArena arena, int headDim, int maxTokens) {
    this.kernels = kernels;
    this.positionMemory = arena.allocate(DataType.INT32, 1, maxTokens);
    this.frequencyMemory = arena.allocate(1, headDim / 2);
    this.rowMemory = arena.allocate(DataType.INT32, 1, maxTokens);
    this.cosMemory = arena.allocate(maxTokens, headDim / 2);
    this.sinMemory = arena.allocate(maxTokens, headDim / 2);
    this.cos = cosMemory;
    this.sin = sinMemory;
  }

  /** Fills the table for tokens at these positions. */
  void load(float[] frequencies, int[] positions, HostStaging staging) {
    Tensor onDevice = Views.prefix(positionMemory, 1, positions.length);
    staging.upload(positions, onDevice);
    staging.upload(frequencies, frequencyMemory);
    cos = cosMemory.rows(0, positions.length);
    sin = sinMemory.rows(0, positions.length);
    Tensor rows = Views.prefix(rowMemory, 1, positions.length); // all 0: one set of frequencies
    kernels.rotaryAngles(onDevice, frequencyMemory, rows, 1f, cos, sin);
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
