package dev.annulus.trainer.freeze;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class CyclicFreezeTest {
  @Test
  void twoStagesTrainEverythingOnce() {
    for (int blocks = 1; blocks <= 7; blocks++) {
      Set<String> first = CyclicFreeze.frozen(3, blocks);
      Set<String> second = CyclicFreeze.frozen(4, blocks);
      Set<String> both = new TreeSet<>(first);
      both.addAll(second);
      assertThat(first).doesNotContainAnyElementsOf(second);
      assertThat(both).hasSize(9 * blocks);
      assertThat(CyclicFreeze.frozen(5, blocks)).isEqualTo(first);
    }
  }

  @Test
  void eachBlockFreezesAsManyAsTheRandomHalfDoes() {
    int blocks = 6;
    for (int stage = 0; stage < 2; stage++) {
      Set<String> frozen = CyclicFreeze.frozen(stage, blocks);
      int mostlyFrozen = 0;
      for (int block = 0; block < blocks; block++) {
        String prefix = "model.layers." + block + ".";
        assertThat(frozen.stream().filter(n -> n.startsWith(prefix + "self_attn."))).hasSize(2);
        assertThat(frozen.stream().filter(n -> n.startsWith(prefix) && n.contains("norm")))
            .hasSize(1);
        long feedForward = frozen.stream().filter(n -> n.startsWith(prefix + "mlp.")).count();
        assertThat(feedForward).isBetween(1L, 2L);
        mostlyFrozen += feedForward == 2 ? 1 : 0;
      }
      assertThat(mostlyFrozen).isEqualTo(blocks / 2);
    }
  }
}
