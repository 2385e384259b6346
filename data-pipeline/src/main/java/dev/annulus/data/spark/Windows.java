package dev.annulus.data.spark;

import dev.annulus.data.spark.Selection.Block;
import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which window a document goes to. Where documents are shuffled, windows are ranges of the key,
 * which is uniform; else they are neighbours, of about the same number of tokens.
 *
 * @param count number of windows
 * @param firstTokens of each block, tokens before it; empty where documents are shuffled
 * @param tokens of all blocks
 */
record Windows(int count, Map<Block, Long> firstTokens, long tokens) implements Serializable {
  static Windows shuffled(int count) {
    return new Windows(count, new HashMap<>(), 0);
  }

  static Windows inOrder(int count, TreeMap<Block, Long> blocks) {
    Map<Block, Long> first = new HashMap<>();
    long before = 0;
    for (Map.Entry<Block, Long> block : blocks.entrySet()) {
      first.put(block.getKey(), before);
      before += block.getValue();
    }
    return new Windows(count, first, before);
  }

  int of(int source, int file, long line, long key) {
    if (firstTokens.isEmpty()) {
      return (int) Math.unsignedMultiplyHigh(key, count);
    }
    double share = (double) firstTokens.get(Block.of(source, file, line)) / tokens;
    return Math.min(count - 1, (int) (share * count));
  }
}
