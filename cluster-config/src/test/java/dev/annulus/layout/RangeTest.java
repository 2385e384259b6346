package dev.annulus.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RangeTest {
  @Test
  void lengthCountsTheStartButNotTheEnd() {
    assertThat(new Range(3, 7).length()).isEqualTo(4);
    assertThat(new Range(3, 3).length()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"-1,2", "4,3"})
  void rangesThatAreNoneAreRefused(int start, int end) {
    assertThatThrownBy(() -> new Range(start, end))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("range [" + start + ", " + end + ")");
  }
}
