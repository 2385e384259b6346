package dev.annulus.data.spark;

import dev.annulus.config.ModalitySettings;
import dev.annulus.data.pack.PackingCounts;
import java.io.Serializable;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is to be packed, before anything is moved. Used by one thread.
 *
 * @param counts what becomes of the documents
 * @param weights of the targets of each modality, before any factor; all 0 where nobody asks
 * @param blocks tokens to pack by neighbourhood; empty where documents are shuffled
 */
record Selection(PackingCounts counts, double[] weights, TreeMap<Block, Long> blocks)
    implements Serializable {
  /** Lines of a block: small against a window, and many fewer blocks than lines. */
  private static final int LINE_BITS = 10;

  /** Documents that stand together in a file, in the order of the sources. */
  record Block(int source, int file, long lines) implements Comparable<Block>, Serializable {
    private static final Comparator<Block> ORDER =
        Comparator.comparingInt(Block::source)
            .thenComparingInt(Block::file)
            .thenComparingLong(Block::lines);

    static Block of(int source, int file, long line) {
      return new Block(source, file, line >> LINE_BITS);
    }

    @Override
    public int compareTo(Block other) {
      return ORDER.compare(this, other);
    }
  }

  static Selection empty() {
    return new Selection(
        new PackingCounts(), new double[ModalitySettings.MAX_ID + 1], new TreeMap<>());
  }

  void merge(Selection other) {
    counts.merge(other.counts);
    for (int i = 0; i < weights.length; i++) {
      weights[i] += other.weights[i];
    }
    for (Map.Entry<Block, Long> block : other.blocks.entrySet()) {
      blocks.merge(block.getKey(), block.getValue(), Long::sum);
    }
  }
}
