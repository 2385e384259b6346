package dev.annulus.spark.gang;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class SlotWatchTest {
  private long now = Long.MAX_VALUE - 5;
  private int running;
  private final List<String> warnings = new ArrayList<>();
  private final List<String> givenUp = new ArrayList<>();
  private final SlotWatch watch =
      new SlotWatch(
          4,
          TimeUnit.SECONDS.toNanos(100),
          () -> running,
          () -> "1 executors with 2 cores in all, 1 a worker",
          () -> now,
          warnings::add,
          givenUp::add);

  private void pass(int seconds) {
    for (int second = 0; second < seconds; second++) {
      now += TimeUnit.SECONDS.toNanos(1);
      watch.look();
    }
  }

  @Test
  void saysWhatIsMissingNowAndThenAndGivesUp() {
    pass(19);
    assertThat(warnings).isEmpty();
    pass(2);
    assertThat(warnings)
        .containsExactly(
            "no worker has run for 20 s: the run needs 4 slots at once, the cluster has 1 executors"
                + " with 2 cores in all, 1 a worker; still waiting");
    pass(78);
    assertThat(warnings).hasSize(2);
    assertThat(givenUp).isEmpty();
    pass(20);
    assertThat(givenUp).hasSize(1);
    assertThat(givenUp.getFirst())
        .contains("for 100 s")
        .contains("gave up (run.wait_for_workers_seconds)");
  }

  @Test
  void whileWorkersRunNothingIsMissing() {
    running = 4;
    pass(1000);
    running = 0;
    pass(15);
    assertThat(warnings).isEmpty();
    running = 4;
    pass(1);
    running = 0;
    pass(21);
    assertThat(warnings).hasSize(1);
    assertThat(givenUp).isEmpty();
  }
}
