package dev.annulus.device.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A GPU that is lost in the middle of work: in a process of its own, which cannot use it again. */
@Tag("gpu")
class LostGpuTest {
  private static final int SECONDS = 60;

  @TempDir Path folder;

  @BeforeEach
  void requireGpu() {
    Gpu.open().close();
  }

  @Test
  void isSaidInOneLineAndNothingHangs() throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                LostGpuTest.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).as("ended").isTrue();
    List<String> lines = Files.readAllLines(output);
    assertThat(process.exitValue()).as("%s", lines).isZero();
    assertThat(lines)
        .anyMatch(
            line ->
                line.startsWith("lost: CUDA call cu")
                    && line.contains("CUDA_ERROR_ILLEGAL_ADDRESS")
                    && line.contains("this process has lost the GPU"))
        .anyMatch(line -> line.startsWith("again: ") && line.contains("this process has lost"));
  }

  /** Loses the GPU, says so, closes the device, and asks for it once more. */
  public static void main(String[] arguments) {
    CudaDevice lost = new CudaDevice(0);
    try {
      compute(lost);
      lost.loseGpu();
      compute(lost);
      System.out.println("not lost");
    } catch (CudaException e) {
      System.out.println("lost: " + e.getMessage());
    }
    try {
      lost.close();
    } catch (CudaException e) {
      System.out.println("closed: " + e.getMessage());
    }
    try (CudaDevice again = new CudaDevice(0)) {
      System.out.println("again: " + compute(again));
    } catch (CudaException e) {
      System.out.println("again: " + e.getMessage());
    }
  }

  private static float compute(CudaDevice device) {
    float[] result = new float[1];
    try (DeviceArena arena = device.newArena()) {
      Tensor tensor = arena.allocate(1, 1);
      device.kernels().fill(tensor, 7f);
      device.download(tensor, MemorySegment.ofArray(result));
    }
    return result[0];
  }
}
