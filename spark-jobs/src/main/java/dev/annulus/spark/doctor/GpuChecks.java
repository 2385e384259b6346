package dev.annulus.spark.doctor;

import dev.annulus.device.cuda.CudaDevice;
import dev.annulus.device.cuda.CudaUnavailableException;
import dev.annulus.device.cuda.GpuProperties;
import java.util.ArrayList;
import java.util.List;

/** GPUs and what computes on them, by really connecting to each. */
final class GpuChecks {
  private GpuChecks() {}

  static List<Finding> all() {
    List<Finding> findings = new ArrayList<>();
    List<GpuProperties> gpus;
    try {
      gpus = GpuProperties.all();
    } catch (CudaUnavailableException e) {
      // Most machines have none, and need none.
      findings.add(
          Finding.note("GPU", e.reason(), "a run computes on the CPU; else " + e.advice()));
      return findings;
    }
    if (gpus.isEmpty()) {
      findings.add(
          Finding.note("GPU", "the driver sees none", "look at nvidia-smi, CUDA_VISIBLE_DEVICES"));
    }
    for (GpuProperties gpu : gpus) {
      findings.add(gpu(gpu));
    }
    return findings;
  }

  private static Finding gpu(GpuProperties gpu) {
    String what = "GPU " + gpu.ordinal();
    try (CudaDevice device = new CudaDevice(gpu.ordinal())) {
      return Finding.ok(what, device.describe());
    } catch (CudaUnavailableException e) {
      return Finding.note(what, gpu.describe() + ": " + e.reason(), e.advice());
    } catch (RuntimeException e) {
      return Finding.note(what, gpu.describe() + ": " + e.getMessage(), "a run cannot use it");
    }
  }
}
