package dev.annulus.link.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.TransportSettings;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import dev.annulus.link.LinkException;
import dev.annulus.link.Workers;
import dev.annulus.link.aeron.LossyDriver;
import dev.annulus.link.transport.SentAgain;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LinkProbeTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5})
  void allRanksOfARingMeasureTheSameBlocks(int ranks) {
    List<LinkMeasurement> found =
        measure(InProcessNetwork.create(ranks, TIMEOUT, () -> false), 100_000_000L);
    assertThat(found).hasSize(ranks);
    assertThat(found).allMatch(rank -> rank.bytesPerSecond() > 0 && rank.latencyNs() > 0);
    assertThat(found.stream().map(LinkMeasurement::blocks).distinct()).hasSize(1);
    assertThat(found.getFirst().blocks()).isPositive();
  }

  @Test
  void withoutTimeOneBlockGoesRound() {
    List<LinkMeasurement> found = measure(InProcessNetwork.create(2, TIMEOUT, () -> false), 0);
    assertThat(found).allMatch(rank -> rank.blocks() == 1 && rank.bytesPerSecond() > 0);
  }

  @Test
  void aSlowLinkIsMeasuredAsWhatItIs() {
    double rate = 20 * LinkProbe.BLOCK_BYTES;
    List<Link> links =
        InProcessNetwork.create(2, TIMEOUT, () -> false).stream()
            .map(link -> (Link) new ThrottledLink(link, rate))
            .toList();
    assertThat(measure(links, 500_000_000L))
        .allMatch(rank -> rank.bytesPerSecond() > 0.3 * rate)
        .allMatch(rank -> rank.bytesPerSecond() <= 1.05 * rate);
  }

  @Test
  void lostPacketsAreCounted() {
    long seed = 11;
    System.out.println("seed " + seed);
    try (LossyDriver driver = new LossyDriver(0.05, seed)) {
      SentAgain before = SentAgain.now(TransportSettings.Kind.AERON);
      List<LinkMeasurement> found = measure(driver.links(2, TIMEOUT), 400_000_000L);
      double share = SentAgain.now(TransportSettings.Kind.AERON).shareSince(before);
      assertThat(found).allMatch(rank -> rank.blocks() >= 1);
      // Every twentieth packet is dropped where it arrives; some are asked for more than once.
      assertThat(share).isBetween(0.02, 0.6);
    }
  }

  @Test
  void aPeerThatDoesNotAnswerEndsIt() {
    List<Link> links = InProcessNetwork.create(2, Duration.ofMillis(200), () -> false);
    assertThatThrownBy(() -> LinkProbe.measure(links.getFirst(), 1_000))
        .isInstanceOf(LinkException.class)
        .hasMessageContaining("peer 1")
        .hasMessageContaining("within 200 ms");
  }

  @Test
  void aRankAloneHasNothingToMeasure() {
    Link alone = InProcessNetwork.create(1, TIMEOUT, () -> false).getFirst();
    assertThatThrownBy(() -> LinkProbe.measure(alone, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static List<LinkMeasurement> measure(List<Link> links, long budgetNs) {
    return Workers.run(links, link -> LinkProbe.measure(link, budgetNs));
  }
}
