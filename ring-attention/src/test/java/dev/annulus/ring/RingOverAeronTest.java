package dev.annulus.ring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.device.reference.ReferenceDevice;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.SequenceLayout;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import dev.annulus.link.aeron.AeronNetworks;
import dev.annulus.link.aeron.LossyDriver;
import dev.annulus.ring.RingProblem.Solution;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The transport makes no difference to a single bit. */
final class RingOverAeronTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private static AeronNetworks.Held driver;

  @BeforeAll
  static void start() {
    driver = AeronNetworks.holdDriver();
  }

  @AfterAll
  static void stop() {
    driver.close();
  }

  @ParameterizedTest
  @CsvSource({"2,false", "4,false", "3,true", "5,true"})
  void aRingOverAeronGivesTheBitsOfOneInMemory(int ranks, boolean udp) {
    int length = 83;
    RowPatterns.Row row = RowPatterns.rows(length).getLast();
    RingProblem problem = RingProblem.of(new AttentionShape(4, 2, 64), row.documents(), ranks);
    for (SequenceLayout layout : RowPatterns.layouts(row.documents(), ranks)) {
      RingSchedule schedule = RingSchedule.of(layout, row.documents(), Route.RING);
      List<Link> memory = InProcessNetwork.create(ranks, TIMEOUT, () -> false);
      List<Link> aeron =
          udp
              ? AeronNetworks.udp(ranks, TIMEOUT, () -> false)
              : AeronNetworks.ipc(ranks, TIMEOUT, () -> false);
      Solution expected = problem.solve(schedule, memory, ReferenceDevice::new, 1).getFirst();
      for (Solution solution : problem.solve(schedule, aeron, ReferenceDevice::new, 3)) {
        assertThat(solution.sameBits(expected)).as(schedule.describe()).isTrue();
      }
    }
  }

  /** Of forward and backward passes one packet in twenty is lost. */
  @ParameterizedTest
  @CsvSource({"3,RING,20260103", "4,DIRECT,20260104"})
  void lostPacketsChangeNoBitOfARing(int ranks, Route route, long seed) {
    Documents documents = RowPatterns.logNormal(400, 120, 1.2, 5);
    RingProblem problem = RingProblem.of(new AttentionShape(2, 1, 64), documents, seed);
    RingSchedule schedule =
        RingSchedule.of(Layouts.of(Layout.ZIGZAG, documents, ranks), documents, route);
    List<Link> memory = InProcessNetwork.create(ranks, TIMEOUT, () -> false);
    Solution expected = problem.solve(schedule, memory, ReferenceDevice::new, 1).getFirst();
    try (LossyDriver lossy = new LossyDriver(0.05, seed)) {
      List<Link> links = lossy.links(ranks, TIMEOUT);
      for (Solution solution : problem.solve(schedule, links, ReferenceDevice::new, 2)) {
        assertThat(solution.sameBits(expected)).as("seed %d", seed).isTrue();
      }
      assertThat(lossy.retransmits()).as("packets sent again").isGreaterThan(5);
    }
  }
}
