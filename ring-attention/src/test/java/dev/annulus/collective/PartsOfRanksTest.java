package dev.annulus.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import dev.annulus.link.LinkException;
import dev.annulus.link.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reduce-scatter and all-gather. */
final class PartsOfRanksTest {
  /** Small, so that parts are of many slices and chunks. */
  private static final int CHUNK_BYTES = 64;

  private static List<Link> network(int size) {
    return InProcessNetwork.create(size, Duration.ofSeconds(30), () -> false);
  }

  /** Even, empty and very uneven ones. */
  private static List<Parts> cuts(int ranks) {
    return List.of(
        Parts.even(0, ranks),
        Parts.even(1, ranks),
        Parts.even(257, ranks),
        Parts.of(LongStream.range(0, ranks).map(rank -> 1 + rank * rank * 7L).toArray()),
        Parts.of(LongStream.range(0, ranks).map(rank -> rank == ranks / 2 ? 200 : 0).toArray()),
        Parts.of(LongStream.range(0, ranks).map(rank -> rank % 2 == 0 ? 90 : 0).toArray()));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void aRanksPartIsTheSumOfTheRanksInOrder(int ranks) {
    for (Parts parts : cuts(ranks)) {
      int count = Math.toIntExact(parts.total());
      float[] sums = floats(0, count);
      for (int rank = 1; rank < ranks; rank++) {
        float[] more = floats(rank, count);
        for (int i = 0; i < count; i++) {
          sums[i] += more[i];
        }
      }
      List<float[]> results =
          Workers.run(
              network(ranks),
              link -> {
                try (Arena arena = Arena.ofShared();
                    Collectives collectives = new Collectives(link, CHUNK_BYTES)) {
                  MemorySegment values =
                      arena.allocateFrom(ValueLayout.JAVA_FLOAT, floats(link.rank(), count));
                  collectives.reduceScatterSum(values, parts, 3);
                  return values.toArray(ValueLayout.JAVA_FLOAT);
                }
              });
      for (int rank = 0; rank < ranks; rank++) {
        float[] expected = floats(rank, count);
        int from = (int) parts.from(rank);
        System.arraycopy(sums, from, expected, from, (int) parts.length(rank));
        assertThat(results.get(rank)).as("rank %d, %s", rank, parts).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void allRanksGetAllParts(int ranks) {
    for (Parts parts : cuts(ranks)) {
      int count = Math.toIntExact(parts.total());
      float[] expected = new float[count];
      for (int rank = 0; rank < ranks; rank++) {
        int from = (int) parts.from(rank);
        System.arraycopy(floats(rank, count), from, expected, from, (int) parts.length(rank));
      }
      List<float[]> results =
          Workers.run(
              network(ranks),
              link -> {
                try (Arena arena = Arena.ofShared();
                    Collectives collectives = new Collectives(link, CHUNK_BYTES)) {
                  MemorySegment values =
                      arena.allocateFrom(ValueLayout.JAVA_FLOAT, floats(link.rank(), count));
                  collectives.allGather(values, parts, Float.BYTES, 3);
                  return values.toArray(ValueLayout.JAVA_FLOAT);
                }
              });
      assertThat(results).as("%s", parts).allMatch(all -> Arrays.equals(all, expected));
    }
  }

  /** A sharded optimiser takes the steps of one that is not, to the bit. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void scatteredAndGatheredSumsAreThoseOfAnAllReduceInAnyMix(int ranks) {
    int count = 1003;
    Workers.run(
        network(ranks),
        link -> {
          try (Arena arena = Arena.ofShared();
              Collectives collectives = new Collectives(link, CHUNK_BYTES)) {
            MemorySegment whole = arena.allocate(ValueLayout.JAVA_FLOAT, count);
            MemorySegment sharded = arena.allocate(ValueLayout.JAVA_FLOAT, count);
            Parts parts = Parts.even(count, ranks);
            for (int step = 0; step < 3; step++) {
              MemorySegment.copy(
                  floats(10 * step + link.rank(), count),
                  0,
                  whole,
                  ValueLayout.JAVA_FLOAT,
                  0,
                  count);
              sharded.copyFrom(whole);
              collectives.reduceScatterSum(sharded, parts, step);
              collectives.allReduceSum(whole, step);
              collectives.allGather(sharded, parts, Float.BYTES, step);
              assertThat(sharded.mismatch(whole)).as("step %d", step).isEqualTo(-1);
            }
          }
          return 0;
        });
  }

  /** (n - 1) / n of the buffer each way: no more than any algorithm must. */
  @ParameterizedTest
  @ValueSource(ints = {2, 4, 8})
  void sendsNoMoreThanItMust(int ranks) {
    int count = 4096;
    Workers.run(
        network(ranks),
        link -> {
          try (Arena arena = Arena.ofShared();
              Collectives collectives = new Collectives(link)) {
            MemorySegment values = arena.allocate(ValueLayout.JAVA_FLOAT, count);
            collectives.reduceScatterSum(values, Parts.even(count, ranks), 0);
            collectives.barrier(0);
            long scattered = link.counters().bytesSent();
            collectives.allGather(values, Parts.even(count, ranks), Float.BYTES, 0);
            collectives.barrier(0);
            long least = (long) Float.BYTES * count * (ranks - 1) / ranks;
            assertThat(scattered).isEqualTo(least);
            assertThat(link.counters().bytesSent() - scattered).isEqualTo(least);
          }
          return 0;
        });
  }

  @Test
  void aMissingRankIsAnErrorThatNamesTheStep() {
    List<Workers.Outcome<Integer>> outcomes =
        Workers.outcomes(
            network(3),
            link -> {
              try (Arena arena = Arena.ofShared();
                  Collectives collectives = new Collectives(link)) {
                if (link.rank() != 1) {
                  MemorySegment values = arena.allocate(ValueLayout.JAVA_FLOAT, 30);
                  collectives.reduceScatterSum(values, Parts.even(30, 3), 77);
                }
                return 0;
              }
            });
    assertThat(outcomes.get(2).failure())
        .isInstanceOf(LinkException.class)
        .hasMessageContaining("rank 2, peer 1")
        .hasMessageContaining("at step 77");
  }

  @Test
  void partsMustFitTheBufferAndTheWorld() {
    try (Arena arena = Arena.ofShared();
        Collectives collectives = new Collectives(network(2).getFirst())) {
      MemorySegment values = arena.allocate(ValueLayout.JAVA_FLOAT, 10);
      assertThatThrownBy(() -> collectives.reduceScatterSum(values, Parts.even(9, 2), 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("40 bytes over 2 ranks")
          .hasMessageContaining("9 numbers of 4 bytes");
      assertThatThrownBy(() -> collectives.allGather(values, Parts.even(10, 3), Float.BYTES, 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("3 parts");
    }
  }

  @Test
  void partsCoverTheNumbersInOrder() {
    Parts parts = Parts.even(11, 4);
    assertThat(LongStream.range(0, 4).map(part -> parts.length((int) part)).toArray())
        .containsExactly(3, 3, 3, 2);
    assertThat(parts.from(2)).isEqualTo(6);
    assertThat(parts.total()).isEqualTo(11);
    assertThatThrownBy(() -> Parts.even(-1, 2)).hasMessageContaining("-1 numbers");
    assertThatThrownBy(() -> Parts.of(3, -2)).hasMessageContaining("[3, -2]");
    assertThatThrownBy(Parts::of).hasMessageContaining("[]");
  }

  private static float[] floats(int rank, int count) {
    SplittableRandom random = new SplittableRandom(rank + 100L * count);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) ((random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(-6, 6)));
    }
    return values;
  }
}
