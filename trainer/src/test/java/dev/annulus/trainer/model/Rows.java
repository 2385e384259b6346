package dev.annulus.trainer.model;

import dev.annulus.data.pack.PackedRow;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Documents and rows packed from them. */
public final class Rows {
  private Rows() {}

  /** Documents of random tokens. */
  public static List<int[]> documents(long seed, int vocabSize, int... lengths) {
    SplittableRandom random = new SplittableRandom(seed);
    List<int[]> documents = new ArrayList<>();
    for (int length : lengths) {
      documents.add(random.ints(length, 0, vocabSize).toArray());
    }
    return documents;
  }

  /** The documents behind each other, then padding; each target of weight 1 or 1 / targets. */
  public static PackedRow pack(List<int[]> documents, int length, boolean byExample) {
    PackedRow row =
        new PackedRow(
            new int[length], new int[length], new int[length], new int[length], new float[length]);
    int start = 0;
    for (int d = 0; d < documents.size(); d++) {
      int[] ids = documents.get(d);
      for (int t = 0; t < ids.length; t++) {
        row.inputIds()[start + t] = ids[t];
        row.segmentIds()[start + t] = d + 1;
        row.positionIds()[start + t] = t;
        if (t + 1 < ids.length) {
          row.targetIds()[start + t] = ids[t + 1];
          row.lossWeights()[start + t] = byExample ? 1f / (ids.length - 1) : 1f;
        }
      }
      start += ids.length;
    }
    return row;
  }

  /** A row of one document without padding. */
  public static PackedRow single(int[] document, boolean byExample) {
    return pack(List.of(document), document.length, byExample);
  }
}
