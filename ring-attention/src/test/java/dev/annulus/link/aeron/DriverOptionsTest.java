package dev.annulus.link.aeron;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.config.TransportSettings;
import dev.annulus.config.TransportSettings.Idle;
import dev.annulus.config.TransportSettings.Kind;
import dev.annulus.config.TransportSettings.Threading;
import org.junit.jupiter.api.Test;

final class DriverOptionsTest {
  private static TransportSettings settings(int streams, Threading threading) {
    return new TransportSettings(
        Kind.AERON, 60, 8192, 4 << 20, 4 << 20, streams, threading, Idle.BACKOFF);
  }

  @Test
  void threadsAreDedicatedWhereThereAreCores() {
    assertThat(DriverOptions.isDedicated(settings(1, Threading.AUTO), 2)).isFalse();
    assertThat(DriverOptions.isDedicated(settings(1, Threading.AUTO), 4)).isTrue();
    assertThat(DriverOptions.isDedicated(settings(4, Threading.AUTO), 16)).isTrue();
    assertThat(DriverOptions.isDedicated(settings(8, Threading.AUTO), 16)).isFalse();
    assertThat(DriverOptions.isDedicated(settings(1, Threading.DEDICATED), 1)).isTrue();
    assertThat(DriverOptions.isDedicated(settings(1, Threading.SHARED), 64)).isFalse();
  }

  @Test
  void whatIsUnderWayFitsTheTermAndTheSocket() {
    DriverOptions options = AeronNetworks.options(8192);
    assertThat(options.window()).isEqualTo(256 << 10);
    assertThat(DriverOptions.of(settings(1, Threading.SHARED)).window())
        .isLessThanOrEqualTo(2 << 20);
  }
}
