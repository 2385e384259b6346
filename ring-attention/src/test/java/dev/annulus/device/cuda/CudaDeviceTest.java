package dev.annulus.device.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.DeviceMemoryException;
import dev.annulus.device.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What every device promises, and what is particular to memory of a GPU. */
@Tag("gpu")
class CudaDeviceTest {
  private CudaDevice device;

  @BeforeEach
  void open() {
    device = Gpu.open();
  }

  @AfterEach
  void close() {
    if (device != null) {
      device.close();
    }
  }

  @Test
  void tensorsAreZeroedAlignedAndOfTheirSize() {
    try (DeviceArena arena = device.newArena();
        Arena host = Arena.ofConfined()) {
      for (int round = 0; round < 2; round++) {
        for (int columns : new int[] {1, 3, 17, 1000}) {
          Tensor tensor = arena.allocate(5, columns);
          assertThat(tensor.memory().address() % 64).isZero();
          assertThat(tensor.bytes()).isEqualTo(20L * columns);
          MemorySegment back = host.allocate(tensor.bytes());
          device.download(tensor, back);
          assertThat(back.toArray(ValueLayout.JAVA_FLOAT)).containsOnly(0);
          device.kernels().fill(tensor, 1);
        }
      }
      assertThat(arena.allocate(DataType.INT32, 2, 2).type()).isEqualTo(DataType.INT32);
      assertThat(arena.allocate(DataType.BFLOAT16, 3, 5).bytes()).isEqualTo(30);
      assertThat(arena.allocate(0, 7).size()).isZero();
    }
  }

  @Test
  void countsWhatIsHeldAtOneTime() {
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
      assertThat(device.census()).contains("by CudaDeviceTest");
    }
    assertThat(device.peakBytes()).isBetween(2_000_000L, before + 2_000_000);
    assertThat(device.census()).doesNotContain("CudaDeviceTest");
  }

  @Test
  void copiesToAndFro() {
    try (DeviceArena arena = device.newArena();
        Arena host = Arena.ofConfined()) {
      Tensor tensor = arena.allocate(2, 3);
      device.upload(MemorySegment.ofArray(new float[] {1, 2, 3, 4}), tensor);
      MemorySegment back = host.allocate(32);
      device.download(tensor, back);
      assertThat(back.getAtIndex(ValueLayout.JAVA_FLOAT, 3)).isEqualTo(4);
      assertThat(back.getAtIndex(ValueLayout.JAVA_FLOAT, 4)).isZero();
      float[] array = new float[6];
      device.download(tensor, MemorySegment.ofArray(array));
      assertThat(array).containsExactly(1, 2, 3, 4, 0, 0);
      assertThatThrownBy(() -> device.upload(back, tensor))
          .hasMessageContaining("32 bytes to a tensor of 24");
      assertThatThrownBy(() -> device.download(tensor, host.allocate(23)))
          .hasMessageContaining("24 bytes to 23");
    }
  }

  @Test
  void aHostReadOfTheGpusMemoryIsAnException() {
    try (DeviceArena arena = device.newArena()) {
      Tensor tensor = arena.allocate(2, 3);
      assertThatThrownBy(() -> tensor.getFloat(0, 0)).isInstanceOf(WrongThreadException.class);
      assertThatThrownBy(() -> tensor.rows(1, 2).setFloat(0, 0, 1))
          .isInstanceOf(WrongThreadException.class);
    }
  }

  @Test
  void closingTheDeviceFreesItsArenas() {
    DeviceArena arena = device.newArena();
    Tensor tensor = arena.allocate(1, 10);
    device.close();
    assertThat(tensor.memory().scope().isAlive()).isFalse();
    arena.close();
    device.close();
    assertThatThrownBy(device::newArena).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aFreedTensorIsRefused() {
    Tensor tensor;
    try (DeviceArena arena = device.newArena()) {
      tensor = arena.allocate(1, 10);
    }
    assertThatThrownBy(() -> device.kernels().fill(tensor, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("[1, 10] whose memory was freed");
  }

  @Test
  void saysHowMuchMemoryThereIsNot() {
    try (DeviceArena arena = device.newArena()) {
      arena.allocate(1 << 20, 1);
      assertThatThrownBy(() -> arena.allocate(1L << 24, 1 << 16))
          .isInstanceOf(DeviceMemoryException.class)
          .hasMessageContaining("[16777216, 65536] of 4398046511104 bytes")
          .hasMessageContaining("by CudaDeviceTest");
      assertThat(arena.allocate(1, 1).size()).isEqualTo(1);
    }
  }

  @Test
  void severalWorkersShareAGpu() {
    List<CudaDevice> devices = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        devices.add(Gpu.open());
      }
      float[] value = new float[1];
      for (int i = 0; i < 3; i++) {
        Tensor tensor = devices.get(i).newArena().allocate(1, 1);
        devices.get(i).kernels().fill(tensor, i);
        devices.get(i).download(tensor, MemorySegment.ofArray(value));
        assertThat(value[0]).isEqualTo(i);
      }
    } finally {
      devices.forEach(CudaDevice::close);
    }
  }

  @Test
  void describesItself() {
    assertThat(device.describe()).contains("cublasLt").contains("compute capability");
    assertThatThrownBy(() -> new CudaDevice(64))
        .isInstanceOf(CudaUnavailableException.class)
        .hasMessageContaining("GPU 64 of");
  }
}
