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
 * Half fine-tuning (arXiv 2404.18466): the tensors that a stage leaves alone, by their Hugging Face
 * names. Of each block's {q, k, v, o} two are frozen; of its {gate, up, down} two in a random half
 * of the blocks (rounded down) and one in the others; of its two norms one. Embeddings, final norm
 * and head are never frozen.
 */
public final class HalfFineTuning {
  private static final List<String> ATTENTION =
      List.of(
          "self_attn.q_proj.weight",
          "self_attn.k_proj.weight",
          "self_attn.v_proj.weight",
          "self_attn.o_proj.weight");
  private static final List<String> FEED_FORWARD =
      List.of("mlp.gate_proj.weight", "mlp.up_proj.weight", "mlp.down_proj.weight");
  private static final List<String> NORMS =
      List.of("input_layernorm.weight", "post_attention_layernorm.weight");

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
      String prefix = "model.layers." + block + ".";
      freeze(draws, ATTENTION, 2, prefix, names);
      freeze(draws, FEED_FORWARD, mostlyFrozen[block] ? 2 : 1, prefix, names);
      freeze(draws, NORMS, 1, prefix, names);
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
      FreezeDraws draws, List<String> group, int count, String prefix, SortedSet<String> names) {
    int[] order = draws.order(group.size());
    for (int i = 0; i < count; i++) {
      names.add(prefix + group.get(order[i]));
    }
  }
}
