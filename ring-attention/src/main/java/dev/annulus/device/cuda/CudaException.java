package dev.annulus.device.cuda;

/** A call of the CUDA driver or of one of its libraries failed. */
public final class CudaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param call name of the function
   * @param code the result's name
   * @param text what the driver says about it
   * @param advice what to do; may be empty
   */
  CudaException(String call, String code, String text, String advice) {
    super(
        "CUDA call %s failed: %s (%s)%s"
            .formatted(call, code, text, advice.isEmpty() ? "" : "; " + advice));
  }
}
