package dev.annulus.spark.gang;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class PlacementTest {
  private static final Placement PLACEMENT = new Placement(List.of("b", "a", "b", "c", "a", "b"));

  @Test
  void ranksGoHostByHost() {
    assertThat(IntStream.range(0, 6).map(PLACEMENT::rank)).containsExactly(0, 3, 1, 5, 4, 2);
    assertThat(PLACEMENT.byRank(List.of("b", "a", "b", "c", "a", "b")))
        .containsExactly("b", "b", "b", "a", "a", "c");
  }

  @Test
  void theTasksOfAHostAreCounted() {
    assertThat(IntStream.range(0, 6).map(PLACEMENT::onHostOf)).containsExactly(3, 2, 3, 1, 2, 3);
    assertThat(IntStream.range(0, 6).map(PLACEMENT::beforeOnHost))
        .containsExactly(0, 0, 1, 0, 1, 2);
  }

  @Test
  void ranksAreToldHostByHost() {
    assertThat(PLACEMENT.describe()).isEqualTo("0-2 on b, 3-4 on a, 5 on c");
    assertThat(PLACEMENT.hostCount()).isEqualTo(3);
  }

  @Test
  void addressesLoseTheirPorts() {
    assertThat(Placement.hostOf("10.0.0.1:4711")).isEqualTo("10.0.0.1");
    assertThat(Placement.hostOf("localhost:1")).isEqualTo("127.0.0.1");
    assertThat(Placement.hostOf("worker")).isEqualTo("worker");
  }
}
