package dev.annulus.spark.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

final class StallWatchTest {
  private long now = Long.MAX_VALUE - 5;
  private boolean running = true;
  private final GangView view = new GangView(3, () -> now);
  private final List<String> lines = new ArrayList<>();
  private final StallWatch watch = new StallWatch(view, () -> running, lines::add);

  /** So many seconds, in each of which workers tell something. */
  private void pass(int seconds, IntConsumer tell) {
    for (int second = 1; second <= seconds; second++) {
      now += TimeUnit.SECONDS.toNanos(1);
      tell.accept(second);
      watch.look();
    }
  }

  @Test
  void saysWhoWaitsForWhomAndWhoIsSilent() {
    view.onStatus(Tellings.computes(0, "b", 6));
    view.onStep(Tellings.step(6, 100));
    pass(
        29,
        second -> {
          view.onStatus(Tellings.waits(1, "a", 6, 0, "keys of block 3 at step 7", 1000L * second));
          view.onStatus(Tellings.waits(2, "a", 6, 1, "keys of block 1 at step 7", 900L * second));
        });
    assertThat(lines).isEmpty();
    pass(1, second -> {});
    assertThat(lines)
        .containsExactly(
            "no step for 30 s: rank 0 on b does step 7, and has not been heard for 30 s; rank 1 on"
                + " a waits for 0 (keys of block 3 at step 7) for 29 s; rank 2 on a waits for 1"
                + " (keys of block 1 at step 7) for 26 s");
  }

  @Test
  void itIsSaidAgainAfterTwiceTheTimeAndNotWhileStepsEnd() {
    pass(59, second -> {});
    assertThat(lines).hasSize(1);
    pass(1, second -> {});
    assertThat(lines).hasSize(2);
    pass(59, second -> {});
    assertThat(lines).hasSize(2);
    pass(300, second -> view.onStep(Tellings.step(second, 900)));
    assertThat(lines).hasSize(2);
    pass(30, second -> {});
    assertThat(lines).hasSize(3);
  }

  @Test
  void longStepsAreNotStalls() {
    view.onStep(Tellings.step(1, 60_000));
    pass(299, second -> {});
    assertThat(lines).isEmpty();
    pass(1, second -> {});
    assertThat(lines).singleElement().asString().startsWith("no step for 300 s: rank 0 has not");
  }

  @Test
  void workersThatHaveNotStartedAreSomebodyElsesLine() {
    running = false;
    pass(100, second -> {});
    assertThat(lines).isEmpty();
  }

  @Test
  void workersOfAnAttemptThatIsOverAreNotBelieved() {
    view.onStatus(Tellings.computes(0, "a", 6));
    view.onRestart(1);
    view.onStatus(Tellings.computes(1, "a", 6));
    assertThat(view.rows()).allMatch(row -> row.status().isEmpty());
    assertThat(view.restarts()).isEqualTo(1);
  }

  @Test
  void ofManyRanksThoseThatMatterAreNamed() {
    GangView many = new GangView(100, () -> now);
    for (int rank = 0; rank < 100; rank++) {
      many.onStatus(
          rank == 41
              ? Tellings.computes(rank, "b", 6)
              : Tellings.waits(rank, "a", 6, rank == 0 ? 99 : rank - 1, "keys", 1000L * rank));
    }
    assertThat(StallWatch.whoWaits(many.rows()))
        .startsWith("rank 41 on b does step 7; rank 99 on a waits for 98 (keys) for 99 s; rank 98")
        .endsWith("; 92 more");
  }
}
