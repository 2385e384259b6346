package dev.annulus.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.device.reference.ReferenceDevice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every device of host memory promises. */
class HostDevicesTest {
  static Stream<Device> devices() {
    return Stream.of(new CpuDevice(), new ReferenceDevice());
  }

  @ParameterizedTest
  @MethodSource("devices")
  void tensorsAreZeroedAlignedAndOfTheirSize(Device device) {
    try (device;
        DeviceArena arena = device.newArena()) {
      for (int columns : new int[] {1, 3, 17, 1000}) {
        Tensor tensor = arena.allocate(5, columns);
        assertThat(tensor.memory().address() % 64).isZero();
        assertThat(tensor.bytes()).isEqualTo(20L * columns);
        assertThat(HostDoubles.read(tensor)).containsOnly(0);
      }
      assertThat(arena.allocate(DataType.INT32, 2, 2).type()).isEqualTo(DataType.INT32);
      assertThat(arena.allocate(0, 7).size()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void countsWhatIsHeldAtOneTime(Device device) {
    try (device) {
      long before = device.peakBytes();
      for (int i = 0; i < 3; i++) {
        try (DeviceArena arena = device.newArena()) {
          arena.allocate(1, 100_000);
        }
      }
      assertThat(device.peakBytes()).isBetween(400_000L, before + 400_000);
      try (DeviceArena one = device.newArena();
          DeviceArena other = device.newArena()) {
        one.allocate(1, 200_000);
        other.allocate(1, 300_000);
      }
      assertThat(device.peakBytes()).isBetween(2_000_000L, before + 2_000_000);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void copiesToAndFro(Device device) {
    try (device;
        DeviceArena arena = device.newArena();
        Arena host = Arena.ofConfined()) {
      Tensor tensor = arena.allocate(2, 3);
      device.upload(MemorySegment.ofArray(new float[] {1, 2, 3, 4}), tensor);
      MemorySegment back = host.allocate(32);
      device.download(tensor, back);
      assertThat(back.getAtIndex(ValueLayout.JAVA_FLOAT, 3)).isEqualTo(4);
      assertThat(back.getAtIndex(ValueLayout.JAVA_FLOAT, 4)).isZero();
      assertThatThrownBy(() -> device.upload(back, tensor))
          .hasMessageContaining("32 bytes to a tensor of 24");
      assertThatThrownBy(() -> device.download(tensor, host.allocate(23)))
          .hasMessageContaining("24 bytes to 23");
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void closingTheDeviceFreesItsArenas(Device device) {
    DeviceArena arena = device.newArena();
    Tensor tensor = arena.allocate(1, 10);
    device.close();
    assertThat(tensor.memory().scope().isAlive()).isFalse();
    arena.close();
    device.close();
    assertThatThrownBy(device::newArena).isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @MethodSource("devices")
  void saysHowMuchMemoryThereIsNot(Device device) {
    try (device;
        DeviceArena arena = device.newArena()) {
      assertThatThrownBy(() -> arena.allocate(1L << 30, 1 << 20))
          .isInstanceOf(DeviceMemoryException.class)
          .hasMessageContaining("[1073741824, 1048576] of 4503599627370496 bytes");
      assertThat(arena.allocate(1, 1).size()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void describesItself(Device device) {
    try (device) {
      assertThat(device.describe())
          .containsIgnoringCase(device instanceof CpuDevice ? "OpenBLAS" : "double");
    }
  }
}
