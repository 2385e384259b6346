package dev.annulus.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.device.reference.ReferenceDevice;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.SequenceLayout;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import dev.annulus.link.LinkException;
import dev.annulus.link.Workers;
import dev.annulus.ring.RingProblem.Solution;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
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
    "1,1", "1,3", "1,8", "7,1", "7,2", "7,3", "7,4", "7,8", "37,2", "37,3", "37,4", "37,5", "37,8",
    "100,1", "100,2", "100,6", "100,7", "100,8"
  })
  void everyLayoutAndPatternGivesWhatOneDeviceGives(int length, int ranks) {
    long seed = length * 10L + ranks;
    for (RowPatterns.Row row : RowPatterns.rows(length)) {
      RingProblem problem = RingProblem.of(SHAPE, row.documents(), seed);
      Solution expected = problem.reference();
      for (SequenceLayout layout : RowPatterns.layouts(row.documents(), ranks)) {
        RingSchedule schedule = RingSchedule.of(layout, row.documents(), Route.RING);
        List<Solution> passes = SteppedRing.solve(problem, schedule, ReferenceDevice::new, 2);
        String place = row.name() + ", seed " + seed + "\n" + schedule.describe();
        assertThat(passes.getFirst().errorAgainst(expected)).as(place).isLessThan(ROUNDING);
        assertThat(passes.getFirst().lseErrorAgainst(expected)).as(place).isLessThan(2e-6);
        assertThat(passes.getFirst().sameBits(passes.getLast())).as(place).isTrue();
        RingSchedule direct = schedule.via(Route.DIRECT);
        for (Solution solution : SteppedRing.solve(problem, direct, ReferenceDevice::new, 2)) {
          assertThat(solution.sameBits(passes.getFirst()))
              .as(row.name() + ", seed " + seed + "\n" + direct.describe())
              .isTrue();
        }
      }
    }
  }

  /** Waiting threads find the bits of ranks that are taken further one by one. */
  @ParameterizedTest
  @CsvSource({"1,3", "7,2", "37,3", "37,8", "100,4", "100,7"})
  void ranksOnThreadsGiveTheSameBits(int length, int ranks) {
    for (RowPatterns.Row row : RowPatterns.rows(length)) {
      RingProblem problem = RingProblem.of(SHAPE, row.documents(), length);
      for (SequenceLayout layout : RowPatterns.layouts(row.documents(), ranks)) {
        RingSchedule ring = RingSchedule.of(layout, row.documents(), Route.RING);
        Solution expected = SteppedRing.solve(problem, ring, ReferenceDevice::new);
        RingSchedule schedule = length % 2 == 0 ? ring.via(Route.DIRECT) : ring;
        for (Solution solution : problem.solve(schedule, network(ranks), ReferenceDevice::new, 1)) {
          assertThat(solution.sameBits(expected))
              .as(row.name() + ", seed " + length + "\n" + schedule.describe())
              .isTrue();
        }
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
      Solution solution = SteppedRing.solve(problem, schedule, ReferenceDevice::new);
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
            SteppedRing.solve(problem, schedule, ReferenceDevice::new).errorAgainst(expected);
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

  /** Rows that do not arrive keep what was there: it must not matter what that is. */
  @ParameterizedTest
  @EnumSource
  void whatWasInTheBuffersBeforeDoesNotMatter(ParallelSettings.Layout kind) {
    int length = 160;
    Documents whole = Documents.single(length);
    Documents documents = RowPatterns.logNormal(length, 9, 1.2, 4);
    RingProblem problem = RingProblem.of(SHAPE, documents, 4);
    RingProblem huge = RingProblem.of(SHAPE, whole, 5).times(1e4f);
    for (Route route : Route.values()) {
      RingSchedule schedule = RingSchedule.of(Layouts.of(kind, documents, 4), documents, route);
      RingSchedule before = RingSchedule.of(Layouts.of(kind, whole, 4), whole, Route.RING);
      for (Supplier<Device> device : List.<Supplier<Device>>of(CpuDevice::new, AwayDevice::new)) {
        Solution fresh = problem.solve(schedule, network(4), device, 1).getFirst();
        Solution used = problem.solveAfter(huge, before, schedule, network(4), device);
        assertThat(used.sameBits(fresh)).as("%s route of %s", route, kind).isTrue();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDeviceWithMemoryOfItsOwnGivesTheSameBits(Route route) {
    Documents documents = RowPatterns.logNormal(90, 9, 1.2, 6);
    RingProblem problem = RingProblem.of(SHAPE, documents, 6);
    for (ParallelSettings.Layout kind : ParallelSettings.Layout.values()) {
      RingSchedule schedule = RingSchedule.of(Layouts.of(kind, documents, 5), documents, route);
      Solution host = problem.solve(schedule, network(5), ReferenceDevice::new, 1).getFirst();
      for (Solution away : problem.solve(schedule, network(5), AwayDevice::new, 2)) {
        assertThat(away.sameBits(host)).as("%s", kind).isTrue();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void keysOfHalfTheWidthTravelInHalfTheBytes(Route route) {
    Documents documents = Documents.single(48);
    RingSchedule schedule =
        RingSchedule.of(Layouts.of(ParallelSettings.Layout.ZIGZAG, documents, 3), documents, route);
    List<Float> sums = new ArrayList<>();
    for (int ranks : new int[] {1, 3}) {
      RingSchedule plan =
          ranks == 3
              ? schedule
              : RingSchedule.of(
                  Layouts.of(ParallelSettings.Layout.ZIGZAG, documents, 1), documents, route);
      List<Float> parts =
          Workers.run(
              network(ranks),
              link -> {
                try (Device device = new ReferenceDevice();
                    DeviceArena arena = device.newArena();
                    RingAttention ring = new RingAttention(device, SHAPE, link, 48)) {
                  float sum = halfWidth(ring, plan, link.rank(), arena);
                  long keyRow = 2L * SHAPE.kvColumns() * DataType.BFLOAT16.bytes();
                  RingTraffic traffic = plan.traffic(link.rank());
                  assertThat(ring.counters().bytesSent())
                      .isEqualTo(
                          traffic.forwardBytes(keyRow) + traffic.backwardBytes(keyRow, 2 * keyRow));
                  return sum;
                }
              });
      sums.add((float) parts.stream().mapToDouble(part -> part).sum());
    }
    assertThat(sums.getLast()).isCloseTo(sums.getFirst(), offset());
  }

  /** Sum of the gradients of values, with keys and values that bf16 holds exactly. */
  private static float halfWidth(
      RingAttention ring, RingSchedule schedule, int rank, DeviceArena arena) {
    int tokens = schedule.layout().tokensOf(rank);
    int[] positions = schedule.layout().positionsOf(rank);
    Tensor q = halfWidth(arena, positions, SHAPE.queryColumns(), 7, 0.25f);
    Tensor k = halfWidth(arena, positions, SHAPE.kvColumns(), 3, 0.5f);
    Tensor v = halfWidth(arena, positions, SHAPE.kvColumns(), 3, 0.5f);
    Tensor dOut = halfWidth(arena, positions, SHAPE.queryColumns(), 5, 0.5f);
    Tensor out = arena.allocate(tokens, SHAPE.queryColumns());
    Tensor lse = arena.allocate(SHAPE.queryHeads(), tokens);
    Tensor dq = arena.allocate(tokens, SHAPE.queryColumns());
    Tensor dk = arena.allocate(tokens, SHAPE.kvColumns());
    Tensor dv = arena.allocate(tokens, SHAPE.kvColumns());
    ring.forward(schedule, 0, q, k, v, out, lse);
    ring.backward(schedule, 0, q, k, v, out, lse, dOut, dq, dk, dv);
    float sum = 0;
    for (int i = 0; i < tokens; i++) {
      // Weighted by place, so that no row can stand for another.
      sum += (1 + positions[i]) * dv.getFloat(i, 0) / 1e4f;
    }
    return sum;
  }

  private static Tensor halfWidth(
      DeviceArena arena, int[] positions, int columns, int period, float unit) {
    Tensor tensor = arena.allocate(DataType.BFLOAT16, positions.length, columns);
    for (int i = 0; i < positions.length; i++) {
      short bits = (short) (Float.floatToIntBits((positions[i] % period) * unit) >>> 16);
      for (int j = 0; j < columns; j++) {
        tensor.memory().setAtIndex(ValueLayout.JAVA_SHORT, (long) i * columns + j, bits);
      }
    }
    return tensor;
  }

  @Test
  void whatIsCountedIsWhatThePlanSays() {
    Documents documents = RowPatterns.logNormal(200, 20, 1.2, 3);
    RingProblem problem = RingProblem.of(SHAPE, documents, 3);
    for (Route route : Route.values()) {
      RingSchedule schedule =
          RingSchedule.of(
              Layouts.of(ParallelSettings.Layout.MASK_AWARE, documents, 4), documents, route);
      List<RingCounters> counters =
          Workers.run(
              network(4),
              link -> {
                try (RingRank own = new RingRank(problem, schedule, link, new ReferenceDevice())) {
                  own.solve(0);
                  return own.ring().counters();
                }
              });
      long rowBytes = 2L * SHAPE.kvColumns() * Float.BYTES;
      for (int rank = 0; rank < 4; rank++) {
        long[] expected = new long[4];
        for (int step = 1; step < 4; step++) {
          Shipment keys = schedule.keysFrom(rank, step);
          Shipment gradients = schedule.gradientsFrom(rank, step);
          expected[keys.to()] += 2 * keys.rows().rows() * rowBytes;
          expected[gradients.to()] += gradients.rows().rows() * rowBytes;
        }
        RingCounters own = counters.get(rank);
        assertThat(own.bytesByPeer()).isEqualTo(expected);
        assertThat(own.waitNsByPeer()[rank]).isZero();
        assertThat(Arrays.stream(own.waitNsByPeer()).sum()).isEqualTo(own.waitNs());
        assertThat(own.waitNsByStep()).hasSize(5);
        for (int step = 0; step < 4; step++) {
          boolean works = schedule.sees(rank, schedule.owner(rank, step));
          assertThat(own.computeNsByStep()[step] > 0).isEqualTo(works);
        }
      }
    }
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
