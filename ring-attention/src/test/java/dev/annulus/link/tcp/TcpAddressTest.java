package dev.annulus.link.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.link.frame.Frame;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TcpAddressTest {
  @Test
  void anAddressSurvivesItsText() {
    TcpAddress address = new TcpAddress(Frame.VERSION, "fe80::1", List.of(40_123, 40_124));
    assertThat(TcpAddress.parse(address.text())).contains(address);
    assertThat(address.text()).isEqualTo("annulus-tcp/3 host=fe80::1 ports=40123,40124");
    assertThat(address.streams()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"annulus-tcp/3 host=a", "annulus-tcp/2 host=a ports=", "tcp host=a ports=1"})
  void whatIsNoAddressIsNotRead(String text) {
    assertThat(TcpAddress.parse(text)).isEmpty();
  }
}
