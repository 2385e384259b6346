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
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CollectivesTest {
  /** Small, so that buffers are of many chunks. */
  private static final int CHUNK_BYTES = 64;

  private static List<Link> network(int size) {
    return InProcessNetwork.create(size, Duration.ofSeconds(30), () -> false);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 8})
  void sumsOfFloatsAreThoseOfTheRanksInOrder(int size) {
    for (int count : new int[] {0, 1, 15, 16, 17, 32, 1000}) {
      float[] expected = new float[count];
      for (int rank = 0; rank < size; rank++) {
        float[] own = floats(rank, count);
        for (int i = 0; i < count; i++) {
          expected[i] = rank == 0 ? own[i] : expected[i] + own[i];
        }
      }
      List<float[]> sums =
          Workers.run(
              network(size),
              link -> {
                try (Arena arena = Arena.ofShared();
                    Collectives collectives = new Collectives(link, CHUNK_BYTES)) {
                  MemorySegment values =
                      arena.allocateFrom(ValueLayout.JAVA_FLOAT, floats(link.rank(), count));
                  collectives.allReduceSum(values, 3);
                  return values.toArray(ValueLayout.JAVA_FLOAT);
                }
              });
      assertThat(sums).as("%d floats", count).allMatch(sum -> Arrays.equals(sum, expected));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void sumsOfDoublesAreThoseOfTheRanksInOrder(int size) {
    int count = 21;
    double[] expected = new double[count];
    for (int rank = 0; rank < size; rank++) {
      for (int i = 0; i < count; i++) {
        expected[i] = rank == 0 ? floats(rank, count)[i] : expected[i] + floats(rank, count)[i];
      }
    }
    List<double[]> sums =
        Workers.run(
            network(size),
            link -> {
              try (Collectives collectives = new Collectives(link, CHUNK_BYTES)) {
                double[] own = new double[count];
                for (int i = 0; i < count; i++) {
                  own[i] = floats(link.rank(), count)[i];
                }
                assertThat(collectives.allReduceSum(new double[0], 1)).isEmpty();
                return collectives.allReduceSum(own, 1);
              }
            });
    assertThat(sums).allMatch(sum -> Arrays.equals(sum, expected));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void everyRankGetsWhatTheRootHolds(int size) {
    int count = 50;
    List<Boolean> equal =
        Workers.run(
            network(size),
            link -> {
              boolean same = true;
              try (Arena arena = Arena.ofShared();
                  Collectives collectives = new Collectives(link, CHUNK_BYTES)) {
                for (int root = 0; root < size; root++) {
                  MemorySegment values =
                      arena.allocateFrom(ValueLayout.JAVA_FLOAT, floats(link.rank(), count));
                  collectives.broadcast(values, root, 1);
                  same &=
                      Arrays.equals(values.toArray(ValueLayout.JAVA_FLOAT), floats(root, count));
                }
              }
              return same;
            });
    assertThat(equal).containsOnly(true);
  }

  @Test
  void aRootMustExist() {
    try (Collectives collectives = new Collectives(network(1).getFirst())) {
      assertThatThrownBy(() -> collectives.broadcast(MemorySegment.NULL, 1, 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("root 1");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 8})
  void nobodyLeavesABarrierBeforeAllHaveCome(int size) {
    AtomicInteger arrived = new AtomicInteger();
    Workers.run(
        network(size),
        link -> {
          try (Collectives collectives = new Collectives(link)) {
            for (int round = 1; round <= 20; round++) {
              arrived.incrementAndGet();
              collectives.barrier(round);
              assertThat(arrived.get()).isGreaterThanOrEqualTo(round * size);
              collectives.barrier(round);
            }
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
              try (Collectives collectives = new Collectives(link)) {
                if (link.rank() != 1) {
                  collectives.barrier(77);
                }
                return 0;
              }
            });
    assertThat(outcomes.get(2).failure())
        .isInstanceOf(LinkException.class)
        .hasMessageContaining("at step 77");
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
