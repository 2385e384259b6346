package dev.annulus.link.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.link.MessageTag;
import dev.annulus.link.MessageTag.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StripesTest {
  private static final MessageTag KEYS = new MessageTag(Kind.KEYS, 0, 0, 0);

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 64, 65_536, 65_537, 65_600, 100_000, 16 << 20, (5L << 30) + 13})
  void stripesCoverAMessageOnce(long bytes) {
    for (int streams = 1; streams <= 16; streams++) {
      Stripes stripes = new Stripes(streams);
      long covered = 0;
      int parts = 0;
      for (int stream = 0; stream < streams; stream++) {
        assertThat(stripes.begin(bytes, stream)).isEqualTo(covered);
        covered = stripes.end(bytes, stream);
        boolean carries = stripes.carries(KEYS, bytes, stream);
        assertThat(carries || covered == stripes.begin(bytes, stream)).isTrue();
        parts += carries ? 1 : 0;
      }
      assertThat(covered).isEqualTo(bytes);
      assertThat(stripes.parts(KEYS, bytes)).isEqualTo(parts);
    }
  }

  @Test
  void longMessagesUseAllStreamsEvenlyAndShortOnesTheFirst() {
    Stripes stripes = new Stripes(4);
    assertThat(stripes.parts(KEYS, Stripes.SHORT_MESSAGE)).isEqualTo(1);
    assertThat(stripes.end(Stripes.SHORT_MESSAGE, 0)).isEqualTo(Stripes.SHORT_MESSAGE);
    assertThat(stripes.parts(KEYS, 16 << 20)).isEqualTo(4);
    assertThat(stripes.end(16 << 20, 0)).isEqualTo(4 << 20);
    assertThat(stripes.parts(Greeting.tag(3), 0)).isEqualTo(4);
  }

  @Test
  void thereIsAtLeastOneStream() {
    assertThatThrownBy(() -> new Stripes(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0 streams, expected 1 to 64");
  }
}
