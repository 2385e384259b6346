package dev.annulus.trainer.train;

import dev.annulus.data.pack.PackedRow;
import dev.annulus.data.read.PackedRows;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Packed rows made from documents, for tests. */
record RowsInMemory(int sequenceLength, List<PackedRow> rows) implements PackedRows {
  /** One row of these documents behind one another, padded at the end. */
  static PackedRow pack(int length, List<int[]> documents, boolean example) {
    int[] inputs = new int[length];
    int[] targets = new int[length];
    int[] segments = new int[length];
    int[] positions = new int[length];
    float[] weights = new float[length];
    int at = 0;
    for (int d = 0; d < documents.size(); d++) {
      int[] ids = documents.get(d);
      for (int i = 0; i < ids.length; i++, at++) {
        inputs[at] = ids[i];
        segments[at] = d + 1;
        positions[at] = i;
        if (i + 1 < ids.length) {
          targets[at] = ids[i + 1];
          weights[at] = example ? 1f / (ids.length - 1) : 1f;
        }
      }
    }
    return new PackedRow(inputs, targets, segments, positions, weights);
  }

  /** Rows of random documents of very different lengths that fill a row, or nearly. */
  static RowsInMemory random(long seed, int count, int length, int vocabulary, boolean example) {
    Random random = new Random(seed);
    List<PackedRow> rows = new ArrayList<>();
    for (int r = 0; r < count; r++) {
      List<int[]> documents = new ArrayList<>();
      int left = length - random.nextInt(3);
      while (left > 0) {
        int tokens = Math.min(left, 1 + random.nextInt(length));
        documents.add(random.ints(tokens, 0, vocabulary).toArray());
        left -= tokens;
      }
      rows.add(pack(length, documents, example));
    }
    return new RowsInMemory(length, rows);
  }

  @Override
  public int size() {
    return rows.size();
  }

  @Override
  public PackedRow row(int index) {
    return rows.get(index);
  }

  @Override
  public void close() {
    // Nothing is open.
  }
}
