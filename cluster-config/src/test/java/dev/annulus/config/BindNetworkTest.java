package dev.annulus.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BindNetworkTest {
  @ParameterizedTest
  @ValueSource(strings = {"auto", "10.1.0.0/16", "::/0", "fd00:1::/32", "eth1", "bond0.12"})
  void whatIsWrittenIsRead(String text) {
    assertThat(BindNetwork.parse(text).orElseThrow()).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "10.1.0.1",
        "10.1.0.0/33",
        "10.1/16x",
        "1.2.3.4.5/8",
        "a name",
        "fd00::/129",
        "longer-than-names-are"
      })
  void otherTextsAreNone(String text) {
    assertThat(BindNetwork.parse(text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.1.0.0/16", "10.1.255.254/32", "10.1.255.255/31", "0.0.0.0/0"})
  void networksHoldTheirAddresses(String text) {
    assertThat(block(text).contains(bytes("10.1.255.254"))).isTrue();
  }

  @Test
  void andNoOthers() {
    assertThat(block("10.1.0.0/16").contains(bytes("10.2.0.0"))).isFalse();
    assertThat(block("10.1.2.4/31").contains(bytes("10.1.2.6"))).isFalse();
    assertThat(block("::/0").contains(bytes("10.1.2.6"))).isFalse();
    assertThat(block("fd00:1::/32").contains(bytes("fd00:1:ffff::7"))).isTrue();
    assertThat(block("fd00:1::/32").contains(bytes("fd00:2::7"))).isFalse();
  }

  private static BindNetwork.Block block(String text) {
    return (BindNetwork.Block) BindNetwork.parse(text).orElseThrow();
  }

  private static byte[] bytes(String address) {
    return InetAddress.ofLiteral(address).getAddress();
  }
}
