package dev.annulus.link.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class RefusalsTest {
  @Test
  void aFloodIsToldAtABoundedRate() {
    AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5); // nano clocks may wrap
    List<String> lines = new ArrayList<>();
    Refusals refusals = new Refusals(clock::get, lines::add);
    for (int i = 0; i < 100_000; i++) {
      refusals.count(Verdict.DAMAGED);
      clock.addAndGet(Refusals.LOG_EVERY_NS / 50_000);
    }
    refusals.count(Verdict.UNPROVEN);
    assertThat(lines)
        .containsExactly(
            "1 frames were refused (1 damaged)",
            "50001 frames were refused (50001 damaged)",
            "100001 frames were refused (100000 damaged, 1 not of anybody who knows the secret)");
  }
}
