package dev.annulus.trainer.freeze;

import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Halves that take turns: tensor i of a group of block b is trained in the stages s for which i + b
 * + s is even. So each block has as many frozen tensors as {@link HalfFineTuning} would freeze, and
 * over two stages everything is trained once.
 */
public final class CyclicFreeze {
  private CyclicFreeze() {}

  /**
   * The frozen tensors, by their Hugging Face names.
   *
   * @param stage index, from 0
   * @param blocks transformer blocks of the model
   */
  public static SortedSet<String> frozen(int stage, int blocks) {
    SortedSet<String> names = new TreeSet<>();
    for (int block = 0; block < blocks; block++) {
      BlockTensors tensors = BlockTensors.of(block);
      for (List<String> group :
          List.of(tensors.attention(), tensors.feedForward(), tensors.norms())) {
        for (int i = 0; i < group.size(); i++) {
          if ((i + block + stage) % 2 != 0) {
            names.add(group.get(i));
          }
        }
      }
    }
    return Collections.unmodifiableSortedSet(names);
  }
}
