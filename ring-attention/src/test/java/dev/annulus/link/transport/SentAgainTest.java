package dev.annulus.link.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

final class SentAgainTest {
  private static final String NAMES =
      "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets"
          + " CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors";

  @Test
  void theKernelsLinesAreRead() {
    SentAgain before = SentAgain.ofTcp(lines("Tcp: 1 200 120000 -1 5 5 0 0 2 500 900 100 0 0 0"));
    assertThat(before).isEqualTo(new SentAgain(1000, 100));
    SentAgain after = SentAgain.ofTcp(lines("Tcp: 1 200 120000 -1 5 5 0 0 2 500 1860 140 0 0 0"));
    assertThat(after.shareSince(before)).isCloseTo(0.04, within(1e-12));
  }

  @Test
  void nothingIsLostWhereNothingIsKnown() {
    SentAgain nothing = SentAgain.ofTcp(List.of("Ip: Forwarding", "Ip: 1"));
    assertThat(nothing).isEqualTo(new SentAgain(0, 0));
    assertThat(nothing.shareSince(nothing)).isZero();
  }

  private static List<String> lines(String values) {
    return List.of("Ip: Forwarding DefaultTTL", "Ip: 1 64", NAMES, values);
  }
}
