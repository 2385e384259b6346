package dev.annulus.ring.cost;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.CostSettings;
import dev.annulus.config.DeviceSettings;
import dev.annulus.config.DeviceSettings.Kind;
import dev.annulus.config.DeviceSettings.Precision;
import dev.annulus.config.ParallelSettings;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.SequenceLayout;
import dev.annulus.ring.RingSchedule;
import dev.annulus.ring.Route;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class RouteChoiceTest {
  private static final AttentionShape SHAPE = new AttentionShape(4, 2, 32);

  private static RouteChoice auto(double flops, double bytesPerSecond, double latencyUs) {
    CostSettings cost =
        new CostSettings(
            OptionalDouble.of(flops),
            OptionalDouble.of(bytesPerSecond),
            OptionalDouble.of(latencyUs));
    return new RouteChoice(
        ParallelSettings.Route.AUTO,
        AssumedRates.of(cost, new DeviceSettings(Kind.CPU, Precision.FLOAT32), SHAPE));
  }

  @ParameterizedTest
  @CsvSource({"CONTIGUOUS,RING", "STRIPED,RING", "ZIGZAG,DIRECT", "MASK_AWARE,DIRECT"})
  void whereBothAreAsFastTheOneThatSendsLessIsTaken(Layout kind, Route expected) {
    Documents documents = Documents.single(4096);
    SequenceLayout layout = Layouts.of(kind, documents, 4);
    // Computing takes so long that nobody ever waits.
    RouteChoice.Choice choice = auto(1e6, 1e12, 0).explain(layout, documents);
    assertThat(choice.plan().route()).isEqualTo(expected);
    assertThat(choice.reason()).startsWith("about as fast; a layer sends ");
    assertThat(auto(1e6, 1e12, 0).plan(layout, documents).route()).isEqualTo(expected);
  }

  @Test
  void whatIsPredictedToBeFasterIsTaken() {
    // Documents that end where pieces of a zigzag do not: the ring carries rows past their users.
    Documents documents = LogNormal.documents(8192, 700, 1.2, 2048, 3);
    SequenceLayout layout = Layouts.of(Layout.ZIGZAG, documents, 8);
    RouteChoice choice = auto(1e12, 1e8, 1);
    RouteChoice.Choice chosen = choice.explain(layout, documents);
    long direct = totalNs(choice, layout, documents, Route.DIRECT);
    long ring = totalNs(choice, layout, documents, Route.RING);
    assertThat(direct).isLessThan(ring);
    assertThat(chosen.plan().route()).isEqualTo(Route.DIRECT);
    assertThat(chosen.reason())
        .matches("attention of a layer predicted at .* ms direct, .* ms ring");
  }

  private static long totalNs(
      RouteChoice choice, SequenceLayout layout, Documents documents, Route route) {
    RingSchedule plan = RingSchedule.of(layout, documents, route);
    return choice.cost().forward(plan).durationNs() + choice.cost().backward(plan).durationNs();
  }

  @ParameterizedTest
  @EnumSource(
      value = ParallelSettings.Route.class,
      names = {"RING", "DIRECT"})
  void aRouteThatIsNamedIsTaken(ParallelSettings.Route wanted) {
    Documents documents = Documents.single(100);
    SequenceLayout layout = Layouts.of(Layout.ZIGZAG, documents, 3);
    RouteChoice.Choice choice =
        new RouteChoice(wanted, auto(1, 1, 1).cost()).explain(layout, documents);
    assertThat(choice.plan().route().name()).isEqualTo(wanted.name());
    assertThat(choice.reason()).isEqualTo("as parallel.route says");
  }

  @Test
  void oneRankSendsNothing() {
    Documents documents = Documents.single(100);
    SequenceLayout layout = Layouts.of(Layout.ZIGZAG, documents, 1);
    assertThat(auto(1, 1, 1).plan(layout, documents).route()).isEqualTo(Route.RING);
  }

  @Test
  void whatIsNotGivenIsAssumedByTheKindOfDevice() {
    CostModel cpu =
        AssumedRates.of(
            CostSettings.DEFAULTS, new DeviceSettings(Kind.AUTO, Precision.FLOAT32), SHAPE);
    assertThat(cpu.device().forwardFlops()).isEqualTo(5e10);
    assertThat(cpu.link()).isEqualTo(new LinkRates(1.5e9, 50_000, 5_000));
    assertThat(cpu.kvBytes()).isEqualTo(4);
    CostModel gpu =
        AssumedRates.of(
            CostSettings.DEFAULTS, new DeviceSettings(Kind.CUDA, Precision.BFLOAT16), SHAPE);
    assertThat(gpu.device().forwardFlops()).isEqualTo(6.1e14);
    assertThat(gpu.link()).isEqualTo(new LinkRates(1.15e10, 20_000, 5_000));
    assertThat(gpu.kvBytes()).isEqualTo(2);
    CostModel given = auto(7e9, 2e8, 3).cost();
    assertThat(given.device().forwardFlops()).isEqualTo(7e9);
    assertThat(given.device().backwardFlops()).isEqualTo(0.9 * 7e9);
    assertThat(given.link()).isEqualTo(new LinkRates(2e8, 3_000, 5_000));
  }
}
