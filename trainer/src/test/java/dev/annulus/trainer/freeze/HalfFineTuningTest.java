package dev.annulus.trainer.freeze;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class HalfFineTuningTest {
  private static long count(Set<String> names, int block, String... parts) {
    return names.stream()
        .filter(name -> name.startsWith("model.layers." + block + "."))
        .filter(name -> Set.of(parts).stream().anyMatch(part -> name.contains("." + part + ".")))
        .count();
  }

  @Test
  void everyBlockFreezesTwoOfAttentionOneNormAndOneOrTwoOfTheFeedForward() {
    for (int blocks = 1; blocks <= 9; blocks++) {
      for (long seed = 0; seed < 20; seed++) {
        Set<String> frozen = HalfFineTuning.frozen(seed, 1, blocks);
        int mostlyFrozen = 0;
        for (int block = 0; block < blocks; block++) {
          assertThat(count(frozen, block, "q_proj", "k_proj", "v_proj", "o_proj")).isEqualTo(2);
          assertThat(count(frozen, block, "input_layernorm", "post_attention_layernorm"))
              .isEqualTo(1);
          long feedForward = count(frozen, block, "gate_proj", "up_proj", "down_proj");
          assertThat(feedForward).isBetween(1L, 2L);
          mostlyFrozen += feedForward == 2 ? 1 : 0;
        }
        assertThat(mostlyFrozen).as("seed %d, %d blocks", seed, blocks).isEqualTo(blocks / 2);
        assertThat(frozen).allMatch(name -> name.matches("model\\.layers\\.\\d+\\..*\\.weight"));
      }
    }
  }

  @Test
  void theChoiceIsAPureFunctionThatSeedAndStageChange() {
    Set<String> first = HalfFineTuning.frozen(7, 0, 6);
    assertThat(HalfFineTuning.frozen(7, 0, 6)).isEqualTo(first);
    assertThat(HalfFineTuning.frozen(7, 1, 6)).isNotEqualTo(first);
    assertThat(HalfFineTuning.frozen(8, 0, 6)).isNotEqualTo(first);
  }

  /** A changed generator would change the freeze of a run that is resumed with a newer version. */
  @Test
  void theChoiceNeverChangesBetweenVersions() {
    assertThat(HalfFineTuning.hash(HalfFineTuning.frozen(7, 0, 22)))
        .isEqualTo("f283bc873257cd6cd6bbe2b783a7ffb24cbfba29b5c0cb9fa118a9b69e406095");
  }

  @Test
  void everyTensorIsFrozenAboutAsOftenAsTheRuleSays() {
    int draws = 4000;
    int blocks = 2;
    Map<String, Integer> counts = new HashMap<>();
    for (int seed = 0; seed < draws; seed++) {
      for (String name : HalfFineTuning.frozen(seed, 0, blocks)) {
        counts.merge(name, 1, Integer::sum);
      }
    }
    assertThat(counts).hasSize(blocks * 9);
    // Five standard deviations of a coin thrown 4000 times are 0.04.
    counts.forEach(
        (name, count) -> assertThat(count / (double) draws).as(name).isEqualTo(0.5, within(0.04)));
  }

  @Test
  void theHashIsOfTheSetNotOfItsOrder() {
    Set<String> reversed = new TreeSet<>(java.util.Comparator.reverseOrder());
    reversed.addAll(HalfFineTuning.frozen(7, 0, 3));
    assertThat(HalfFineTuning.hash(reversed))
        .isEqualTo(HalfFineTuning.hash(HalfFineTuning.frozen(7, 0, 3)))
        .hasSize(64);
  }
}
