package dev.annulus.ring.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.ring.RingSchedule;
import dev.annulus.ring.Route;
import org.junit.jupiter.api.Test;

final class CostModelTest {
  private static final AttentionShape SHAPE = new AttentionShape(4, 1, 16);

  /** Adding costs nothing; a pair takes 4 x 64 FLOP, so 256 ns forward and 640 ns backward. */
  private static CostModel cost(double bytesPerSecond, long latencyNs) {
    return new CostModel(
        new DeviceRates(1e9, 1e9, 1e30), new LinkRates(bytesPerSecond, latencyNs, 0), SHAPE, 2, 4);
  }

  private static RingSchedule plan(Layout layout, Documents documents, int ranks, Route route) {
    return RingSchedule.of(Layouts.of(layout, documents, ranks), documents, route);
  }

  @Test
  void twoRanksByHand() {
    for (Route route : Route.values()) {
      RingSchedule plan = plan(Layout.CONTIGUOUS, Documents.single(16), 2, route);
      // A block of 8 tokens has 8 x 64 bytes: 512 ns at 1 byte/ns, under 36 pairs of 256 ns.
      PassCost forward = cost(1e9, 100).forward(plan);
      assertThat(forward.durationNs()).isEqualTo((36 + 64) * 256);
      assertThat(forward.waitNs()[1]).isZero();
      assertThat(forward.attentionNs()).containsExactly(36 * 256, (36 + 64) * 256);
      assertThat(forward.bytesSent()).containsExactly(512, 0);
      // At a hundredth of the rate rank 1 waits for it.
      PassCost slow = cost(1e7, 100).forward(plan);
      assertThat(slow.durationNs()).isEqualTo(51_200 + 100 + 64 * 256);
      assertThat(slow.waitNs()[1]).isEqualTo(51_200 + 100 - 36 * 256);
      // Gradients are twice as wide and go home behind the last block.
      PassCost backward = cost(1e9, 100).backward(plan);
      assertThat(backward.durationNs()).isEqualTo((36 + 64) * 640 + 1024 + 100);
      assertThat(backward.bytesSent()).containsExactly(512, 1024);
    }
  }

  @Test
  void aDeviceAloneKeepsItsRate() {
    RingSchedule plan = plan(Layout.ZIGZAG, Documents.single(100), 1, Route.RING);
    assertThat(cost(1, 0).forward(plan).rateKept()).isEqualTo(1);
    assertThat(cost(1, 0).backward(plan).rateKept()).isEqualTo(1);
    assertThat(cost(1, 0).bytes(plan)).isZero();
  }

  @Test
  void bytesAreThoseOfThePlanAndNoRankIsFasterThanItsWork() {
    for (int ranks : new int[] {2, 3, 5, 8}) {
      for (long seed = 0; seed < 6; seed++) {
        Documents documents =
            seed == 0 ? Documents.single(200) : LogNormal.documents(200, 20, 1.2, 100, seed);
        for (Layout layout : Layout.values()) {
          for (Route route : Route.values()) {
            RingSchedule plan = plan(layout, documents, ranks, route);
            CostModel cost = cost(3e7, 500);
            String place = ranks + " ranks, seed " + seed + ", " + layout + ", " + route;
            PassCost forward = cost.forward(plan);
            PassCost backward = cost.backward(plan);
            assertThat(forward.totalBytes())
                .as(place)
                .isEqualTo(plan.traffic().forwardBytes(cost.kvRowBytes()));
            assertThat(forward.totalBytes() + backward.totalBytes())
                .as(place)
                .isEqualTo(cost.bytes(plan));
            for (int rank = 0; rank < ranks; rank++) {
              assertThat(forward.attentionNs()[rank]).isEqualTo(256 * plan.area(rank));
              assertThat(forward.durationNs())
                  .as(place)
                  .isGreaterThanOrEqualTo(
                      Math.max(forward.attentionNs()[rank], forward.transferNs()[rank]));
              assertThat(backward.durationNs())
                  .as(place)
                  .isGreaterThanOrEqualTo(
                      Math.max(backward.attentionNs()[rank], backward.transferNs()[rank]));
            }
          }
        }
      }
    }
  }

  @Test
  void aSlowerOrFartherNetworkIsNeverFasterRoundTheRing() {
    for (long seed = 1; seed < 12; seed++) {
      Documents documents = LogNormal.documents(300, 40, 1.2, 150, seed);
      RingSchedule plan = plan(Layout.ZIGZAG, documents, 5, Route.RING);
      long before = 0;
      for (double rate : new double[] {1e12, 1e9, 1e8, 3e7, 1e7, 1e6}) {
        long ns = cost(rate, 100).backward(plan).durationNs();
        assertThat(ns).as("seed %d, %s bytes/s", seed, rate).isGreaterThanOrEqualTo(before);
        assertThat(cost(rate, 50_000).backward(plan).durationNs()).isGreaterThanOrEqualTo(ns);
        before = ns;
      }
    }
  }

  @Test
  void theSimulatedScalingBarHolds() {
    // 64K tokens per H100, GQA 4:1, 100 Gb/s, 64 ranks: at least 0.95 of a device alone.
    Documents dense = Documents.single(64 * ScalingReport.TOKENS_PER_RANK);
    for (Layout layout : new Layout[] {Layout.ZIGZAG, Layout.STRIPED, Layout.MASK_AWARE}) {
      RingSchedule plan = plan(layout, dense, 64, Route.RING);
      assertThat(ScalingReport.COST.forward(plan).rateKept()).as("%s", layout).isGreaterThan(0.95);
      assertThat(ScalingReport.COST.backward(plan).rateKept()).as("%s", layout).isGreaterThan(0.95);
    }
    RingSchedule uneven = plan(Layout.CONTIGUOUS, dense, 64, Route.RING);
    assertThat(ScalingReport.COST.forward(uneven).rateKept()).isCloseTo(64 / 127.0, within(0.01));
  }
}
