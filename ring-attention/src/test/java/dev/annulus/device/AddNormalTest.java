package dev.annulus.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.device.reference.ReferenceDevice;
import dev.annulus.device.reference.ReferenceNormal;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddNormalTest {
  private static final long KEY = 0x9876_5432_1fed_cba0L;

  /** Moments of a normal distribution, each within five standard errors. */
  @Test
  void theReferenceIsStandardNormal() {
    int n = 200_000;
    double[] moments = new double[5];
    double lagged = 0;
    double before = 0;
    for (int i = 0; i < n; i++) {
      double z = ReferenceNormal.at(KEY, i);
      double power = 1;
      for (int k = 1; k <= 4; k++) {
        power *= z;
        moments[k] += power / n;
      }
      lagged += z * before / n;
      before = z;
    }
    double root = 5 / Math.sqrt(n);
    assertThat(moments[1]).isEqualTo(0, within(root));
    assertThat(moments[2]).isEqualTo(1, within(root * Math.sqrt(2)));
    assertThat(moments[3]).isEqualTo(0, within(root * Math.sqrt(15)));
    assertThat(moments[4]).isEqualTo(3, within(root * Math.sqrt(96)));
    assertThat(lagged).isEqualTo(0, within(root));
  }

  @Test
  void anotherKeyIsAnotherDirection() {
    double product = 0;
    int n = 100_000;
    for (int i = 0; i < n; i++) {
      product += ReferenceNormal.at(KEY, i) * ReferenceNormal.at(KEY + 1, i) / n;
    }
    assertThat(product).isEqualTo(0, within(5 / Math.sqrt(n)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 15, 16, 17, 31, 32, 33, 1000, 16_384, 40_007})
  void theCpuIsAsNearToTheReferenceAsFp32Is(int n) {
    double[] found = run(CpuDevice::new, n, 1, 0.37f, KEY, false);
    double[] expected = run(ReferenceDevice::new, n, 1, 0.37f, KEY, false);
    assertThat(Differences.largest(found, expected)).isLessThan(1e-6);
    double[] ofZero = run(CpuDevice::new, n, 0, 1, KEY, false);
    for (int i = 0; i < n; i++) {
      assertThat(ofZero[i])
          .isEqualTo(ReferenceNormal.at(KEY, i), within(1e-6 * (1 + Math.abs(ofZero[i]))));
    }
  }

  @Test
  void theBitsDependNeitherOnThreadsNorOnWhereTheyGo() {
    double[] one = run(() -> new CpuDevice(1), 70_001, 0.99f, 1e-3f, KEY, false);
    assertThat(run(() -> new CpuDevice(3), 70_001, 0.99f, 1e-3f, KEY, false)).isEqualTo(one);
    assertThat(run(() -> new CpuDevice(2), 70_001, 0.99f, 1e-3f, KEY, true)).isEqualTo(one);
  }

  @Test
  void refusesTensorsOfTwoSizes() {
    try (CpuDevice device = new CpuDevice();
        DeviceArena arena = device.newArena()) {
      assertThatThrownBy(
              () -> device.kernels().addNormal(arena.allocate(1, 3), 1, 1, 0, arena.allocate(1, 4)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("addNormal x");
    }
  }

  private static double[] run(
      Supplier<Device> make, int n, float keep, float factor, long key, boolean inPlace) {
    try (RandomTensors random = new RandomTensors(3);
        Device device = make.get()) {
      Tensor x = random.normal(1, n);
      Tensor y = inPlace ? x : random.zeros(1, n);
      device.kernels().addNormal(x, keep, factor, key, y);
      return HostDoubles.read(y);
    }
  }
}
