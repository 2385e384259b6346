package dev.annulus.link.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.config.TransportSettings;
import dev.annulus.config.TransportSettings.Kind;
import dev.annulus.link.transport.NetworkInterfaces.Interface;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TransportAdviceTest {
  private static final Interface ETHERNET = new Interface("eth0", 1500, List.of("10.0.0.7"));
  private static final Interface JUMBO = new Interface("eth1", 9000, List.of("10.1.0.7"));

  private static TransportSettings settings(Kind kind, int mtu) {
    return new TransportSettings(kind, 60, mtu, 4 << 20, 4 << 20);
  }

  @Test
  void smallPacketsCallForTcp() {
    TransportAdvice advice =
        TransportAdvice.of(settings(Kind.AUTO, 8192), List.of(JUMBO, ETHERNET));
    assertThat(advice.kind()).isEqualTo(Kind.TCP);
    assertThat(advice.reason()).contains("eth0 hold 1500 bytes");
    assertThat(advice.problem().orElseThrow())
        .contains("transport.kind: tcp")
        .contains("transport.mtu: 1472")
        .contains("8192 bytes do not fit eth0");
    assertThat(TransportAdvice.of(settings(Kind.TCP, 8192), List.of(ETHERNET)).problem()).isEmpty();
    assertThat(
            TransportAdvice.of(settings(Kind.AERON, 1408), List.of(ETHERNET))
                .problem()
                .orElseThrow())
        .doesNotContain("transport.mtu");
  }

  @Test
  void largePacketsSuitAeron() {
    TransportAdvice advice = TransportAdvice.of(settings(Kind.AUTO, 8192), List.of(JUMBO));
    assertThat(advice.kind()).isEqualTo(Kind.AERON);
    assertThat(advice.problem()).isEmpty();
    assertThat(
            TransportAdvice.of(settings(Kind.AUTO, 65504), List.of(JUMBO)).problem().orElseThrow())
        .contains("transport.mtu: 8960");
  }

  @Test
  void aloneThereIsSharedMemory() {
    assertThat(TransportAdvice.of(settings(Kind.AUTO, 8192), List.of()).kind())
        .isEqualTo(Kind.AERON);
  }

  @Test
  void thisMachineCanBeLookedAt() {
    assertThat(NetworkInterfaces.outward()).allMatch(found -> found.mtu() > 0);
  }
}
