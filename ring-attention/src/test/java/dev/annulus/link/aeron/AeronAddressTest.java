package dev.annulus.link.aeron;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.link.frame.Frame;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AeronAddressTest {
  private static final AeronAddress ADDRESS =
      new AeronAddress(
          Frame.VERSION,
          "fe80::1",
          List.of(
              new AeronAddress.Place(new UUID(1, 2), 40_123, 1001, Path.of("/dev/shm/annulus-1-1")),
              new AeronAddress.Place(new UUID(3, 4), 40_124, 1001, Path.of("/srv/a b,c=d"))));

  @Test
  void anAddressSurvivesItsText() {
    assertThat(AeronAddress.parse(ADDRESS.text())).contains(ADDRESS);
    assertThat(ADDRESS.text()).doesNotContain("\n").startsWith("annulus-aeron/3 host=fe80::1 ");
    assertThat(ADDRESS.endpoint(1)).isEqualTo("[fe80::1]:40124");
    assertThat(ADDRESS.streams()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "annulus-aeron/3 host=a",
        "annulus-aeron/3 host=a stream=nonsense",
        "annulus-aeron/3 stream=00000000-0000-0001-0000-000000000002,1,1,/x",
        "annulus-aeron/3 host=a stream=00000000-0000-0001-0000-000000000002,1,1,/x stream=b"
      })
  void whatIsNoAddressIsNotRead(String text) {
    assertThat(AeronAddress.parse(text)).isEmpty();
  }
}
