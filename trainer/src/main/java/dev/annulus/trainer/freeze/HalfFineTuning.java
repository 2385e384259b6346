package dev.annulus.trainer.freeze;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Half fine-tuning (arXiv 2404.18466): the tensors that a stage leaves alone, drawn at random, by
 * their Hugging Face names. Of each block's {q, k, v, o} two are frozen; of its {gate, up, down}
 * two in a random half of the blocks (rounded down) and one in the others; of its two norms one.
 * Embeddings, final norm and head are never frozen.
 */
public final class HalfFineTuning {
  private HalfFineTuning() {}

  /**
   * The frozen tensors, a pure function of its arguments.
   *
   * @param stage index, from 0
   * @param blocks transformer blocks of the model
   */
  public static SortedSet<String> frozen(long seed, int stage, int blocks) {
    FreezeDraws draws = new FreezeDraws(seed, stage);
    boolean[] mostlyFrozen = new boolean[blocks];
    int[] order = draws.order(blocks);
    for (int i = 0; i < blocks / 2; i++) {
      mostlyFrozen[order[i]] = true;
    }
    SortedSet<String> names = new TreeSet<>();
    for (int block = 0; block < blocks; block++) {
      BlockTensors tensors = BlockTensors.of(block);
      freeze(draws, tensors.attention(), 2, names);
      freeze(draws, tensors.feedForward(), mostlyFrozen[block] ? 2 : 1, names);
      freeze(draws, tensors.norms(), 1, names);
    }
    return Collections.unmodifiableSortedSet(names);
  }

  /** SHA-256 over the names, sorted, each ended by a line feed; in hex. */
  public static String hash(Set<String> names) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String name : new TreeSet<>(names)) {
        digest.update((name + "\n").getBytes(StandardCharsets.UTF_8));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static void freeze(
      FreezeDraws draws, List<String> group, int count, SortedSet<String> names) {
    int[] order = draws.order(group.size());
    for (int i = 0; i < count; i++) {
      names.add(group.get(order[i]));
    }
  }
}
