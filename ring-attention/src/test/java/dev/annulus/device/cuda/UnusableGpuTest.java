package dev.annulus.device.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is said of GPUs and libraries that cannot be used. Needs no GPU. */
class UnusableGpuTest {
  private static GpuProperties gpu(int computeCapability) {
    return new GpuProperties(0, "A GPU", computeCapability, 80, 100_000, 16L << 30, 13_000);
  }

  @ParameterizedTest
  @ValueSource(ints = {35, 70, 75})
  void anOldArchitectureIsRefused(int computeCapability) {
    assertThatThrownBy(() -> gpu(computeCapability).requireUsable(true))
        .isInstanceOf(CudaUnavailableException.class)
        .hasMessageContaining(
            "A GPU (compute capability %d.%d,", computeCapability / 10, computeCapability % 10)
        .hasMessageContaining("is too old; an Ampere or newer GPU is needed");
    assertThatCode(() -> gpu(80).requireUsable(true)).doesNotThrowAnyException();
  }

  @Test
  void aGpuWithoutMemoryPoolsIsRefused() {
    assertThatThrownBy(() -> gpu(90).requireUsable(false))
        .isInstanceOf(CudaUnavailableException.class)
        .hasMessageContaining("gives no stream-ordered memory; a whole GPU");
  }

  @ParameterizedTest
  @CsvSource({"110000, 11", "111103, 11", "140000, 14", "0, 0"})
  void aLibraryOfAnotherMajorVersionIsRefused(long version, int major) {
    assertThatThrownBy(() -> CublasLibrary.requireKnown("libcublasLt.so", version))
        .isInstanceOf(CudaUnavailableException.class)
        .hasMessageContaining(
            "libcublasLt.so is of CUDA %d; install cuBLAS of CUDA 12 or 13", major);
  }

  @ParameterizedTest
  @ValueSource(longs = {120_000, 120_905, 130_002})
  void librariesOfBothKnownVersionsAreTaken(long version) {
    assertThatCode(() -> CublasLibrary.requireKnown("it", version)).doesNotThrowAnyException();
  }

  /** One line that names the call and what to do; it travels to the driver as it is. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "CUDA_ERROR_ILLEGAL_ADDRESS",
        "CUDA_ERROR_LAUNCH_FAILED",
        "CUDA_ERROR_ECC_UNCORRECTABLE",
        "CUDA_ERROR_NVLINK_UNCORRECTABLE"
      })
  void aLostGpuIsOneLineThatSaysWhatToDo(String code) {
    CudaException lost =
        new CudaException("cuStreamSynchronize", code, "a text", DriverAdvice.of(code));
    assertThat(lost.getMessage())
        .hasLineCount(1)
        .startsWith("CUDA call cuStreamSynchronize failed: " + code + " (a text); ")
        .contains("this process has lost the GPU: start the run again")
        .contains("Xid");
  }

  @Test
  void whatIsNoLossIsNotCalledOne() {
    assertThat(DriverAdvice.of("CUDA_ERROR_OUT_OF_MEMORY")).contains("nvidia-smi");
    assertThat(DriverAdvice.of("CUDA_ERROR_INVALID_VALUE")).isEmpty();
  }
}
