package dev.annulus.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class VectorExpTest {
  @Test
  void isWithinAnUlpAndAHalf() {
    for (float x = -87.3f; x < 88.3f; x += 0.0137f) {
      double exact = Math.exp((double) x);
      assertThat(Math.abs(exp(x) - exact)).as("%s", x).isLessThan(1.5 * Math.ulp((float) exact));
    }
  }

  @Test
  void keepsTheEndsOfTheLine() {
    assertThat(exp(0)).isEqualTo(1);
    assertThat(exp(Float.NEGATIVE_INFINITY)).isZero();
    assertThat(exp(-90)).isZero();
    assertThat(exp(-Float.MAX_VALUE)).isZero();
    assertThat(exp(90)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(exp(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(exp(Float.NaN)).isNaN();
    assertThat(exp(Float.intBitsToFloat(0x7fc00001))).as("any NaN").isNaN();
  }

  private static float exp(float x) {
    return VectorExp.exp(FloatVector.broadcast(FloatVector.SPECIES_PREFERRED, x)).lane(0);
  }
}
