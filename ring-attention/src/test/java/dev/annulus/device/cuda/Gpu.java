package dev.annulus.device.cuda;

import static org.junit.jupiter.api.Assumptions.abort;

/** The GPU for tests; without one they are skipped, and say why. */
public final class Gpu {
  private Gpu() {}

  /** A device on the first GPU. */
  public static CudaDevice open() {
    try {
      return new CudaDevice(0);
    } catch (CudaUnavailableException e) {
      return abort("no GPU to test on: " + e.getMessage());
    }
  }
}
