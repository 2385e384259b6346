package dev.annulus.ring.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.link.LinkException;
import dev.annulus.link.LinkException.Reason;
import dev.annulus.ring.simulation.Scenario.Outcome;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whatever befalls a ring: exact, or an error that says what was awaited of whom, in time. */
final class SimulatedRingTest {
  private static final List<List<float[]>> UNDISTURBED = new ArrayList<>();

  /** Of a number of scenarios. */
  private static final class Tally {
    private final Map<Reason, Integer> failures = new EnumMap<>(Reason.class);
    private int exact;
    private int survivable;

    void count(Scenario scenario, Outcome outcome) {
      exact += outcome.ends().stream().allMatch(RankEnd::finished) ? 1 : 0;
      survivable += scenario.survivable() ? 1 : 0;
      for (RankEnd end : outcome.ends()) {
        if (end.failure() != null) {
          failures.merge(end.failure().reason(), 1, Integer::sum);
        }
      }
    }
  }

  @BeforeAll
  static void solveUndisturbed() {
    for (int number = 0; number < Scenario.CASES; number++) {
      UNDISTURBED.add(RingCase.of(number).undisturbed());
    }
  }

  @Test
  void everySeedIsExactOrEndsWithANamedErrorInTime() {
    Tally tally = new Tally();
    LongStream.range(0, 1200).forEach(seed -> check(seed, tally));
    assertThat(tally.exact).as("some end well, some do not").isBetween(500, 1150);
    assertThat(tally.survivable).isGreaterThan(400);
    assertThat(tally.failures)
        .containsKeys(Reason.PEER_GONE, Reason.TIMEOUT, Reason.PROTOCOL)
        .containsOnlyKeys(Reason.PEER_GONE, Reason.TIMEOUT, Reason.PROTOCOL);
  }

  @Test
  @Tag("soak")
  void manyMoreSeeds() {
    Tally tally = new Tally();
    LongStream.range(10_000, 110_000).forEach(seed -> check(seed, tally));
    assertThat(tally.survivable).isGreaterThan(10_000);
  }

  @Test
  void aSeedIsOneStory() {
    for (long seed = 0; seed < 20; seed++) {
      Scenario scenario = Scenario.of(seed);
      long digest = scenario.play(null).digest();
      assertThat(scenario.play(null).digest()).as("seed %d", seed).isEqualTo(digest);
      assertThat(Scenario.of(seed + 1).play(null).digest()).isNotEqualTo(digest);
    }
  }

  private static void check(long seed, Tally tally) {
    Scenario scenario = Scenario.of(seed);
    Outcome outcome;
    try {
      outcome = scenario.play(null);
    } catch (RuntimeException | Error e) {
      throw new AssertionError("seed " + seed + ": " + scenario, e);
    }
    tally.count(scenario, outcome);
    for (RankEnd end : outcome.ends()) {
      String place = "seed " + seed + ", " + end + ", " + scenario;
      if (scenario.survivable()) {
        assertThat(end.finished()).as(place).isTrue();
      }
      if (end.finished()) {
        float[] expected = UNDISTURBED.get((int) (seed % Scenario.CASES)).get(end.rank());
        assertThat(outcome.results().get(end.rank())).as(place).isEqualTo(expected);
      } else if (!end.died()) {
        checkFailure(place, end.rank(), end.failure());
      }
      assertThat(end.longestWaitNs())
          .as(place)
          .isLessThanOrEqualTo(scenario.streams().timeoutNs() + scenario.stoppedNs(end.rank()));
    }
  }

  private static void checkFailure(String place, int rank, LinkException failure) {
    assertThat(failure)
        .as(place)
        .hasMessageContaining("rank " + rank + ", peer ")
        .hasMessageContaining("at step 3 (exchange ");
  }
}
