package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LossSpikesTest {
  private static StepReport report(double loss) {
    return new StepReport(
        1, "s", loss, 0, null, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, List.of(), List.of(), List.of(),
        List.of(), 0, 0);
  }

  @Test
  void aLossIsComparedWithThe128BeforeIt() {
    Random random = new Random(5);
    LossSpikes spikes = new LossSpikes(List.of());
    List<Double> losses = new ArrayList<>();
    for (int step = 0; step < 300; step++) {
      double loss = 3 + random.nextGaussian();
      List<Double> window = losses.subList(Math.max(0, step - 128), step);
      double expected = 0;
      if (window.size() >= 16) {
        double mean = window.stream().mapToDouble(x -> x).average().orElseThrow();
        double variance =
            window.stream().mapToDouble(x -> (x - mean) * (x - mean)).sum() / (window.size() - 1);
        expected = (loss - mean) / Math.sqrt(variance);
      }
      assertThat(spikes.next(loss)).as("step %d", step).isEqualTo(expected, within(1e-9));
      losses.add(loss);
    }
  }

  @Test
  void equalLossesHaveNoSpread() {
    LossSpikes spikes = new LossSpikes(List.of());
    for (int step = 0; step < 50; step++) {
      assertThat(spikes.next(2)).isZero();
    }
  }

  @Test
  void aRunThatGoesOnComparesAsIfItHadNotStopped() {
    Random random = new Random(6);
    LossSpikes whole = new LossSpikes(List.of());
    List<StepReport> earlier = new ArrayList<>();
    for (int step = 0; step < 200; step++) {
      double loss = random.nextDouble();
      whole.next(loss);
      earlier.add(report(loss));
    }
    LossSpikes resumed = new LossSpikes(earlier);
    assertThat(resumed.next(5)).isEqualTo(whole.next(5)).isGreaterThan(LossSpikes.SPIKE);
  }
}
