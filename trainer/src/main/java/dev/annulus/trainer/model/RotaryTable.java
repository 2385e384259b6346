package dev.annulus.trainer.model;

import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** Cosines and sines of the rotary embedding for each token, by its position in its document. */
final class RotaryTable {
  private final Kernels kernels;
  private final DeviceArena arena;
  private final Tensor positionMemory;
  private final Tensor rowMemory;
  private final Tensor cosMemory;
  private final Tensor sinMemory;

  /** One row for each length of document that has frequencies of its own; grows by doubling. */
  private Tensor frequencyMemory;

  private Tensor cos;
  private Tensor sin;

  RotaryTable(Kernels kernels, DeviceArena arena, int headDim, int maxTokens) {
    this.kernels = kernels;
    this.arena = arena;
    this.positionMemory = arena.allocate(DataType.INT32, 1, maxTokens);
    this.frequencyMemory = arena.allocate(1, headDim / 2);
    this.rowMemory = arena.allocate(DataType.INT32, 1, maxTokens);
    this.cosMemory = arena.allocate(maxTokens, headDim / 2);
    this.sinMemory = arena.allocate(maxTokens, headDim / 2);
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
    Map<Integer, Integer> rowByLength = new LinkedHashMap<>();
    int[] rows = new int[positions.length];
    int last = -1;
    int lastRow = -1;
    for (int t = 0; t < rows.length; t++) {
      int length = frequencies.decidingLength(documentTokens[t]);
      if (length != last) { // looked up once a document, as a GPU waits meanwhile
        last = length;
        lastRow = rowByLength.computeIfAbsent(length, key -> rowByLength.size());
      }
      rows[t] = lastRow;
    }
    reserve(rowByLength.size());
    rowByLength.forEach(
        (length, row) ->
            staging.upload(
                frequencies.radiansPerPosition(length), frequencyMemory.rows(row, row + 1)));
    Tensor onDevice = Views.prefix(positionMemory, 1, positions.length);
    Tensor rowsOnDevice = Views.prefix(rowMemory, 1, positions.length);
    staging.upload(positions, onDevice);
    staging.upload(rows, rowsOnDevice);
    cos = cosMemory.rows(0, positions.length);
    sin = sinMemory.rows(0, positions.length);
    kernels.rotaryAngles(
        onDevice, frequencyMemory, rowsOnDevice, frequencies.magnitude(), cos, sin);
  }

  /** [T, headDim / 2]. */
  Tensor cos() {
    return cos;
  }

  /** [T, headDim / 2]. */
  Tensor sin() {
    return sin;
  }

  private void reserve(int rows) {
    if (rows > frequencyMemory.rows()) {
      frequencyMemory =
          arena.allocate(Math.max(rows, 2 * frequencyMemory.rows()), frequencyMemory.columns());
    }
  }
}
