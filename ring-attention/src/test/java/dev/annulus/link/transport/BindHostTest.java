package dev.annulus.link.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.BindNetwork;
import dev.annulus.link.TransportUnavailableException;
import dev.annulus.link.transport.NetworkInterfaces.Interface;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BindHostTest {
  private static final List<Interface> HOST =
      List.of(
          new Interface("lo", 65536, List.of("127.0.0.1", "0:0:0:0:0:0:0:1")),
          new Interface("eth0", 1500, List.of("10.1.0.7", "fd00:0:0:0:0:0:0:7")),
          new Interface("eth1", 9000, List.of("10.2.0.7", "10.2.0.8")),
          new Interface("eth2", 9000, List.of("fd00:0:0:0:0:0:2:7")));

  @Test
  void withoutAWishItIsTheAddressThatTheClusterKnows() {
    assertThat(BindHost.of(BindNetwork.AUTO, "worker-7")).isEqualTo("worker-7");
  }

  @Test
  void theAddressOfTheNetworkOrTheInterface() {
    assertThat(choose("10.1.0.0/16")).isEqualTo("10.1.0.7");
    assertThat(choose("10.2.0.8/32")).isEqualTo("10.2.0.8");
    assertThat(choose("fd00::2:0/112")).isEqualTo("fd00:0:0:0:0:0:2:7");
    assertThat(choose("eth0")).as("IPv4 first").isEqualTo("10.1.0.7");
    assertThat(choose("eth2")).isEqualTo("fd00:0:0:0:0:0:2:7");
    assertThat(BindHost.of(new BindNetwork.Block("127.0.0.1", 32), "worker-7"))
        .as("of this machine")
        .isEqualTo("127.0.0.1");
  }

  @Test
  void noneAndSeveralAreErrorsThatNameThem() {
    assertThatThrownBy(() -> choose("10.9.0.0/16"))
        .isInstanceOf(TransportUnavailableException.class)
        .hasMessage(
            "transport.network: 10.9.0.0/16 on host worker-7: no address of it; the host has lo"
                + " (127.0.0.1, 0:0:0:0:0:0:0:1), eth0 (10.1.0.7, fd00:0:0:0:0:0:0:7), eth1"
                + " (10.2.0.7, 10.2.0.8), eth2 (fd00:0:0:0:0:0:2:7)");
    assertThatThrownBy(() -> choose("eth1"))
        .isInstanceOf(TransportUnavailableException.class)
        .hasMessage(
            "transport.network: eth1 on host worker-7: several addresses, 10.2.0.7, 10.2.0.8,"
                + " expected one");
    assertThatThrownBy(() -> choose("eth9"))
        .isInstanceOf(TransportUnavailableException.class)
        .hasMessageContaining("eth9 on host worker-7: no address of it");
  }

  private static String choose(String text) {
    return BindHost.choose(BindNetwork.parse(text).orElseThrow(), "worker-7", HOST);
  }
}
