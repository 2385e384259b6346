package dev.annulus.ring.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.Range;
import dev.annulus.link.Link;
import dev.annulus.link.simulated.SimulatedNetwork;
import dev.annulus.link.simulated.StreamConditions;
import dev.annulus.link.simulated.WireConditions;
import dev.annulus.ring.RingSchedule;
import dev.annulus.ring.Route;
import dev.annulus.ring.cost.CostModel;
import dev.annulus.ring.cost.DeviceRates;
import dev.annulus.ring.cost.LinkRates;
import dev.annulus.ring.cost.PassCost;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What the cost model says of a plan is what happens when ranks carry it out, with real data over a
 * simulated network of the same rates: the bytes of each rank to the byte, the time within a few
 * percent. The network is told apart by what the model leaves out: a word back for each message,
 * and that a sender may be ahead of its receiver by what a stream holds.
 */
final class CostModelAgainstExecutionTest {
  private static final AttentionShape SHAPE = new AttentionShape(1, 1, 64);

  /** 4 x 64 FLOP at 1 FLOP/ns, and 2.5 times that backward. */
  private static final long PAIR_NS = 256;

  private static final long PAIR_BACKWARD_NS = 640;

  /** Adding up takes no time. */
  private static final DeviceRates DEVICE = new DeviceRates(1e9, 1e9, 1e30);

  /** Bytes a second: from hardly any waiting to hardly anything else. */
  private static final double[] LINK_RATES = {1e11, 1e10, 1e9, 2e8};

  private static final long LATENCY_NS = 2_000;

  /** Around each message on the simulated wire: header and datagram. */
  private static final int MESSAGE_BYTES = 128;

  private static final long DEADLINE_NS = 1_000_000_000_000L;
  private static final long SEED = 1;

  /** Whole messages in one frame each, and room for all of them. */
  private static final StreamConditions STREAMS =
      new StreamConditions(1 << 20, 4096, false, 1_000_000, 1_000_000_000, 16, DEADLINE_NS, 0, 0);

  private static final List<Row> ROWS =
      List.of(
          new Row("one document", documents(160)),
          new Row("four documents", documents(45, 10, 75, 30)),
          new Row("ten documents", documents(20, 15, 25, 10, 30, 5, 15, 20, 10, 10)));

  private record Row(String name, Documents documents) {}

  private record Plan(Row row, int ranks, Layout layout, Route route, double bytesPerSecond) {
    RingSchedule schedule() {
      Documents documents = row.documents();
      return RingSchedule.of(Layouts.of(layout, documents, ranks), documents, route);
    }

    CostModel model() {
      long messageNs = Math.round(MESSAGE_BYTES * 1e9 / bytesPerSecond);
      LinkRates link = new LinkRates(bytesPerSecond, LATENCY_NS, messageNs);
      return new CostModel(DEVICE, link, SHAPE, Float.BYTES, Float.BYTES);
    }

    WireConditions wire() {
      return new WireConditions(bytesPerSecond, LATENCY_NS, 0, 0, 0, 0);
    }
  }

  private record Comparison(Plan plan, boolean backward, PassCost predicted, long executedNs) {
    double ratio() {
      return (double) executedNs / predicted.durationNs();
    }
  }

  @Test
  void predictionsComeTrue() {
    List<Comparison> comparisons = new ArrayList<>();
    for (int ranks : new int[] {2, 4, 5}) {
      for (Row row : ROWS) {
        for (Layout layout : Layout.values()) {
          for (Route route : Route.values()) {
            for (double rate : LINK_RATES) {
              Plan plan = new Plan(row, ranks, layout, route, rate);
              comparisons.add(compare(plan, false));
              comparisons.add(compare(plan, true));
            }
          }
        }
      }
    }
    // The far ones are short rows on links so slow that ranks do little but wait.
    assertThat(comparisons)
        .allSatisfy(c -> assertThat(c.ratio()).as("%s", c).isBetween(0.85, 1.35));
    double[] sorted = comparisons.stream().mapToDouble(Comparison::ratio).sorted().toArray();
    assertThat(sorted[sorted.length / 2]).as("median").isBetween(0.99, 1.01);
    assertThat(sorted[sorted.length / 20]).as("one in twenty below").isGreaterThan(0.95);
    assertThat(sorted[sorted.length * 19 / 20]).as("one in twenty above").isLessThan(1.05);
  }

  private static Comparison compare(Plan plan, boolean backward) {
    RingSchedule schedule = plan.schedule();
    CostModel model = plan.model();
    PassCost predicted = backward ? model.backward(schedule) : model.forward(schedule);
    SimulatedNetwork network = new SimulatedNetwork(plan.ranks(), plan.wire(), STREAMS, SEED, null);
    RingCase ring = new RingCase(SHAPE, schedule, SEED);
    List<RingCase.Rank> ends = new ArrayList<>();
    try {
      List<RankWork> work = new ArrayList<>();
      for (Link link : network.links()) {
        RingCase.Rank end = ring.new Rank(link);
        ends.add(end);
        work.add(end.pass(backward, (_, step) -> computeNs(schedule, link.rank(), step, backward)));
      }
      List<RankEnd> done = SimulatedRing.run(network, work, List.of(), DEADLINE_NS, SEED);
      assertThat(done).as("%s", plan).allMatch(RankEnd::finished);
      assertThat(network.links().stream().mapToLong(link -> link.counters().bytesSent()).toArray())
          .as("bytes sent, %s", plan)
          .isEqualTo(predicted.bytesSent());
      long executedNs = done.stream().mapToLong(RankEnd::atNs).max().orElseThrow();
      return new Comparison(plan, backward, predicted, executedNs);
    } finally {
      ends.forEach(RingCase.Rank::close);
    }
  }

  private static long computeNs(RingSchedule schedule, int rank, int step, boolean backward) {
    long pairs = step < schedule.ranks() ? schedule.area(rank, schedule.owner(rank, step)) : 0;
    return pairs * (backward ? PAIR_BACKWARD_NS : PAIR_NS);
  }

  private static Documents documents(int... lengths) {
    List<Range> ranges = new ArrayList<>();
    int start = 0;
    for (int length : lengths) {
      ranges.add(new Range(start, start + length));
      start += length;
    }
    return new Documents(Arrays.stream(lengths).sum(), ranges);
  }
}
