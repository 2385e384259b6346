package dev.annulus.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import dev.annulus.device.reference.ReferenceDevice;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.SequenceLayout;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import dev.annulus.link.LinkException;
import dev.annulus.link.Workers;
import dev.annulus.ring.RingProblem.Solution;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rings against one device in double precision. */
final class RingAttentionTest {
  /** Rounding of the results, and of the running sums between blocks, to fp32. */
  private static final double ROUNDING = 3e-7;

  private static final AttentionShape SHAPE = new AttentionShape(2, 1, 4);

  private static List<Link> network(int size) {
    return InProcessNetwork.create(size, Duration.ofSeconds(30), () -> false);
  }

  @ParameterizedTest
  @CsvSource({
    "1,1", "1,3", "1,8", "7,1", "7,2", "7,3", "7,4", "7,8", "37,2", "37,3", "37,4", "37,8", "100,1",
    "100,2", "100,3", "100,4", "100,8"
  })
  void everyLayoutAndPatternGivesWhatOneDeviceGives(int length, int ranks) {
    long seed = length * 10L + ranks;
    for (RowPatterns.Row row : RowPatterns.rows(length)) {
      RingProblem problem = RingProblem.of(SHAPE, row.documents(), seed);
      Solution expected = problem.reference();
      for (SequenceLayout layout : RowPatterns.layouts(row.documents(), ranks)) {
        RingSchedule schedule = RingSchedule.of(layout, row.documents(), Route.RING);
        List<Solution> passes = problem.solve(schedule, network(ranks), ReferenceDevice::new, 2);
        String place = row.name() + ", seed " + seed + "\n" + schedule.describe();
        assertThat(passes.getFirst().errorAgainst(expected)).as(place).isLessThan(ROUNDING);
        assertThat(passes.getFirst().lseErrorAgainst(expected)).as(place).isLessThan(2e-6);
        assertThat(passes.getFirst().sameBits(passes.getLast())).as(place).isTrue();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1,16", "4,4,8", "6,2,8", "8,1,4", "3,3,5"})
  void headCountsAndDimensions(int queryHeads, int kvHeads, int headDim) {
    AttentionShape shape = new AttentionShape(queryHeads, kvHeads, headDim);
    Documents documents = RowPatterns.rows(61).getLast().documents();
    RingProblem problem = RingProblem.of(shape, documents, 5);
    Solution expected = problem.reference();
    for (ParallelSettings.Layout kind : ParallelSettings.Layout.values()) {
      RingSchedule schedule =
          RingSchedule.of(Layouts.of(kind, documents, 4), documents, Route.RING);
      Solution solution = problem.solve(schedule, network(4), ReferenceDevice::new, 1).getFirst();
      assertThat(solution.errorAgainst(expected)).isLessThan(ROUNDING);
      assertThat(solution.lseErrorAgainst(expected)).isLessThan(2e-6);
    }
  }

  @Test
  void theErrorDoesNotGrowWithTheRing() {
    Documents documents = Documents.single(192);
    RingProblem problem = RingProblem.of(new AttentionShape(2, 2, 16), documents, 11);
    Solution expected = problem.reference();
    for (ParallelSettings.Layout kind : ParallelSettings.Layout.values()) {
      double one = 0;
      for (int ranks : new int[] {1, 2, 3, 4, 8, 16}) {
        RingSchedule schedule =
            RingSchedule.of(Layouts.of(kind, documents, ranks), documents, Route.RING);
        double error =
            problem
                .solve(schedule, network(ranks), ReferenceDevice::new, 1)
                .getFirst()
                .errorAgainst(expected);
        one = ranks == 1 ? error : one;
        // The reference device rounds once a block; sixteen roundings stay below this.
        assertThat(error).as("%s, %d ranks", kind, ranks).isLessThan(2 * one + 1.2e-7);
      }
    }
  }

  @Test
  void rowsThatSeeNothingAreZeroAndNeverNaN() {
    Documents padding = new Documents(24, List.of());
    RingProblem problem = RingProblem.of(SHAPE, padding, 3);
    RingSchedule schedule =
        RingSchedule.of(
            Layouts.of(ParallelSettings.Layout.ZIGZAG, padding, 4), padding, Route.RING);
    Solution solution = problem.solve(schedule, network(4), ReferenceDevice::new, 1).getFirst();
    assertThat(solution.out()).containsOnly(0);
    assertThat(solution.dq()).containsOnly(0);
    assertThat(solution.dk()).containsOnly(0);
    assertThat(solution.dv()).containsOnly(0);
    assertThat(solution.lse()).containsOnly(Double.NEGATIVE_INFINITY);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 5})
  void aRingGoesOnFromScheduleToSchedule(int ranks) {
    // Schedules of different lengths and hops through the same buffers and channels.
    List<Link> links = network(ranks);
    Workers.run(
        links,
        link -> {
          try (Device device = new ReferenceDevice();
              RingAttention ring = new RingAttention(device, SHAPE, link, 40)) {
            for (int length : new int[] {40, 3, 17, 40}) {
              for (RowPatterns.Row row : RowPatterns.rows(length)) {
                SequenceLayout layout =
                    Layouts.of(ParallelSettings.Layout.CONTIGUOUS, row.documents(), ranks);
                try (DeviceArena arena = device.newArena()) {
                  run(
                      ring,
                      RingSchedule.of(layout, row.documents(), Route.RING),
                      link.rank(),
                      arena);
                }
              }
            }
          }
          return 0;
        });
  }

  @Test
  void aRankThatFailsFailsTheRing() {
    RingSchedule schedule =
        RingSchedule.of(
            Layouts.of(ParallelSettings.Layout.ZIGZAG, Documents.single(40), 4),
            Documents.single(40),
            Route.RING);
    List<Workers.Outcome<Integer>> outcomes =
        Workers.outcomes(
            network(4),
            link -> {
              try (Device device = new ReferenceDevice();
                  DeviceArena arena = device.newArena();
                  RingAttention ring = new RingAttention(device, SHAPE, link, 10)) {
                run(ring, schedule, link.rank(), arena);
                if (link.rank() == 2) {
                  throw new IllegalStateException("out of order");
                }
                run(ring, schedule, link.rank(), arena);
                return 0;
              }
            });
    for (int rank = 0; rank < 4; rank++) {
      assertThat(outcomes.get(rank).failure())
          .as("rank %d", rank)
          .isInstanceOf(rank == 2 ? IllegalStateException.class : LinkException.class);
    }
    assertThat(outcomes.get(3).failure()).hasMessageContaining("rank 3, peer 2");
  }

  @Test
  void wrongShapesAreRefused() {
    Link link = network(1).getFirst();
    RingSchedule schedule =
        RingSchedule.of(
            Layouts.of(ParallelSettings.Layout.ZIGZAG, Documents.single(8), 1),
            Documents.single(8),
            Route.RING);
    try (Device device = new ReferenceDevice();
        DeviceArena arena = device.newArena();
        RingAttention small = new RingAttention(device, SHAPE, link, 7);
        RingAttention ring = new RingAttention(device, SHAPE, link, 8)) {
      Tensor q = arena.allocate(8, 8);
      Tensor k = arena.allocate(8, 4);
      Tensor lse = arena.allocate(2, 8);
      assertThatThrownBy(() -> small.forward(schedule, 0, q, k, k, q, lse))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("up to 8 tokens a rank, ring of 1 ranks and up to 7");
      assertThatThrownBy(() -> ring.forward(schedule, 0, q, q, k, q, lse))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("keys or their gradients are [8, 8], expected [8, 4]");
    }
  }

  private static void run(RingAttention ring, RingSchedule schedule, int rank, DeviceArena arena) {
    int tokens = schedule.layout().tokensOf(rank);
    Tensor q = arena.allocate(tokens, SHAPE.queryColumns());
    Tensor k = arena.allocate(tokens, SHAPE.kvColumns());
    Tensor v = arena.allocate(tokens, SHAPE.kvColumns());
    for (int i = 0; i < tokens; i++) {
      for (int j = 0; j < SHAPE.kvColumns(); j++) {
        v.setFloat(i, j, 1);
      }
    }
    Tensor out = arena.allocate(tokens, SHAPE.queryColumns());
    Tensor lse = arena.allocate(SHAPE.queryHeads(), tokens);
    Tensor dk = arena.allocate(tokens, SHAPE.kvColumns());
    Tensor dv = arena.allocate(tokens, SHAPE.kvColumns());
    Tensor dq = arena.allocate(tokens, SHAPE.queryColumns());
    ring.forward(schedule, 1, q, k, v, out, lse);
    ring.backward(schedule, 1, q, k, v, out, lse, out, dq, dk, dv);
    int[] positions = schedule.layout().positionsOf(rank);
    int[] first = schedule.documents().firstVisible();
    for (int i = 0; i < tokens; i++) {
      // Equal scores: the mean of values that are all 1, over as many keys as the mask leaves.
      boolean padding = first[positions[i]] > positions[i];
      assertThat(out.getFloat(i, 0)).isEqualTo(padding ? 0 : 1, offset());
      assertThat((double) lse.getFloat(0, i))
          .isEqualTo(
              padding ? Double.NEGATIVE_INFINITY : Math.log(positions[i] - first[positions[i]] + 1),
              org.assertj.core.api.Assertions.offset(1e-6));
    }
  }

  private static org.assertj.core.data.Offset<Float> offset() {
    return org.assertj.core.api.Assertions.offset(1e-6f);
  }
}
