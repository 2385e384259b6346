package dev.annulus.trainer.freeze;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The half that learns most: of each group as many tensors are frozen as {@link HalfFineTuning}
 * freezes, those whose gradients are smallest; two of the feed-forward in the half of the blocks
 * (rounded down) whose feed-forward gradients are smallest. A tensor's gradient is measured by its
 * root mean square, so that a large tensor has no advantage.
 */
public final class GreedyFreeze {
  private GreedyFreeze() {}

  /**
   * The frozen tensors, by their Hugging Face names; a pure function of its arguments.
   *
   * @param gradients root mean square of each weight's gradient, by name; all weights of the
   *     blocks, finite
   * @param blocks transformer blocks of the model
   */
  public static SortedSet<String> frozen(Map<String, Double> gradients, int blocks) {
    Set<Integer> mostlyFrozen = new HashSet<>(smallestBlocks(gradients, blocks));
    SortedSet<String> names = new TreeSet<>();
    for (int block = 0; block < blocks; block++) {
      BlockTensors tensors = BlockTensors.of(block);
      names.addAll(smallest(gradients, tensors.attention(), 2));
      names.addAll(
          smallest(gradients, tensors.feedForward(), mostlyFrozen.contains(block) ? 2 : 1));
      names.addAll(smallest(gradients, tensors.norms(), 1));
    }
    return Collections.unmodifiableSortedSet(names);
  }

  private static List<Integer> smallestBlocks(Map<String, Double> gradients, int blocks) {
    List<Integer> order = new ArrayList<>();
    for (int block = 0; block < blocks; block++) {
      order.add(block);
    }
    // Stable, so that equal gradients leave the earlier block or tensor frozen.
    order.sort(Comparator.comparingDouble(block -> feedForward(gradients, block)));
    return order.subList(0, blocks / 2);
  }

  private static double feedForward(Map<String, Double> gradients, int block) {
    double sum = 0;
    for (String tensor : BlockTensors.of(block).feedForward()) {
      double value = gradients.get(tensor);
      sum += value * value;
    }
    return sum;
  }

  private static List<String> smallest(
      Map<String, Double> gradients, List<String> group, int count) {
    return group.stream().sorted(Comparator.comparingDouble(gradients::get)).limit(count).toList();
  }
}
