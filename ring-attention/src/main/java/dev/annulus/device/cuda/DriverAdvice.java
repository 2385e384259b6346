package dev.annulus.device.cuda;

import java.util.Map;
import java.util.Set;

/** What to do about a result of the driver. */
final class DriverAdvice {
  private static final Map<String, String> ADVICE =
      Map.of(
          "CUDA_ERROR_NO_DEVICE",
          "the driver sees no GPU: look at nvidia-smi and at CUDA_VISIBLE_DEVICES",
          "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
          "the loaded kernel module and libcuda are of different versions: restart the machine or"
              + " the container",
          "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE",
          "the forward-compatible driver does not support this GPU: update the kernel driver",
          "CUDA_ERROR_NO_BINARY_FOR_GPU",
          "the kernels are built for sm_80 and sm_90a: rebuild them with build.sh for this GPU",
          "CUDA_ERROR_UNSUPPORTED_PTX_VERSION",
          "the driver is too old to compile the kernels for this GPU: update it",
          "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES",
          "a kernel wants more registers or shared memory than this GPU has",
          "CUDA_ERROR_OUT_OF_MEMORY",
          "the GPU's memory is full: look at nvidia-smi for other processes");

  /** After these the context answers nothing but errors. */
  private static final Set<String> LOST =
      Set.of(
          "CUDA_ERROR_ILLEGAL_ADDRESS",
          "CUDA_ERROR_LAUNCH_FAILED",
          "CUDA_ERROR_LAUNCH_TIMEOUT",
          "CUDA_ERROR_ECC_UNCORRECTABLE",
          "CUDA_ERROR_HARDWARE_STACK_ERROR",
          "CUDA_ERROR_ILLEGAL_INSTRUCTION",
          "CUDA_ERROR_MISALIGNED_ADDRESS",
          "CUDA_ERROR_INVALID_ADDRESS_SPACE",
          "CUDA_ERROR_INVALID_PC",
          "CUDA_ERROR_CONTEXT_IS_DESTROYED",
          "CUDA_ERROR_EXTERNAL_DEVICE",
          "CUDA_ERROR_NVLINK_UNCORRECTABLE",
          "CUDA_ERROR_UNKNOWN");

  private DriverAdvice() {}

  /** Empty if nothing is known. */
  static String of(String code) {
    return LOST.contains(code)
        ? "this process has lost the GPU: start the run again, it continues from the last"
            + " checkpoint; the kernel's log (dmesg, \"Xid\") says whether the GPU is at fault"
        : ADVICE.getOrDefault(code, "");
  }
}
