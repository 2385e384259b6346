package dev.annulus.ring.cost;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.CostSettings;
import dev.annulus.config.DeviceSettings;
import dev.annulus.config.DeviceSettings.Precision;

/**
 * The rates that a route is chosen with: what the configuration gives, and else what was measured
 * of such devices and links (docs/benchmarks.md). Taken from the configuration alone, as all ranks
 * must reckon alike, whatever each of them finds on its host.
 */
public final class AssumedRates {
  private static final double GPU_FLOPS = 6.1e14;
  private static final double GPU_MEMORY = 2.5e12;
  private static final double GPU_LINK = 1.15e10;
  private static final double GPU_LATENCY_US = 20;
  private static final double CPU_FLOPS_A_THREAD = 5e10;
  private static final double CPU_MEMORY = 5e9;
  private static final double CPU_LINK = 1.5e9;
  private static final double CPU_LATENCY_US = 50;
  private static final double BACKWARD_OF_FORWARD = 0.9;
  private static final long MESSAGE_NS = 5_000;

  private AssumedRates() {}

  /**
   * The cost model of a run.
   *
   * @param shape of the model's attention
   */
  public static CostModel of(CostSettings cost, DeviceSettings device, AttentionShape shape) {
    boolean gpu =
        device.kind() == DeviceSettings.Kind.CUDA || device.precision() == Precision.BFLOAT16;
    double flops =
        cost.flops().orElse(gpu ? GPU_FLOPS : CPU_FLOPS_A_THREAD * device.threads().orElse(1));
    double latencyUs = cost.latencyMicros().orElse(gpu ? GPU_LATENCY_US : CPU_LATENCY_US);
    return new CostModel(
        new DeviceRates(flops, BACKWARD_OF_FORWARD * flops, gpu ? GPU_MEMORY : CPU_MEMORY),
        new LinkRates(
            cost.bytesPerSecond().orElse(gpu ? GPU_LINK : CPU_LINK),
            Math.round(1000 * latencyUs),
            MESSAGE_NS),
        shape,
        device.precision() == Precision.BFLOAT16 ? Short.BYTES : Float.BYTES,
        Float.BYTES);
  }
}
