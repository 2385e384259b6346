package dev.annulus.trainer.model;

import dev.annulus.device.Device;
import dev.annulus.device.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * Weights at random: matrices normal with mean 0 and deviation {@code initializer_range}, norms 1.
 * Element i of a tensor is a function of (seed, name of the tensor, i) alone, so every worker of
 * any mesh on any machine draws the same model.
 */
public final class Initialization {
  /** Elements drawn at a time; even, as they are drawn in pairs. */
  private static final int CHUNK = 1 << 16;

  private Initialization() {}

  /** Fills {@code weights}, which may be a subset of the model. */
  public static void random(Parameters weights, LlamaConfig config, long seed, Device device) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(CHUNK * 4L, 64);
      for (ParameterSpec spec : weights.layout().specs()) {
        Tensor tensor = weights.get(spec);
        if (spec.isVector()) {
          device.kernels().fill(tensor, 1f);
        } else {
          fillNormal(tensor, config.initializerRange(), key(seed, spec.name()), host, device);
        }
      }
    }
  }

  private static void fillNormal(
      Tensor tensor, double deviation, long key, MemorySegment host, Device device) {
    Tensor column = tensor.reshape(tensor.size(), 1);
    for (long start = 0; start < tensor.size(); start += CHUNK) {
      int count = (int) Math.min(CHUNK, tensor.size() - start);
      for (int i = 0; i < count; i += 2) {
        // Box-Muller: two neighbours are one point of the plane.
        double radius = deviation * Math.sqrt(-2 * StrictMath.log(uniform(key, start + i)));
        double angle = 2 * Math.PI * uniform(key, start + i + 1);
        host.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (radius * StrictMath.cos(angle)));
        host.setAtIndex(ValueLayout.JAVA_FLOAT, i + 1, (float) (radius * StrictMath.sin(angle)));
      }
      device.upload(host.asSlice(0, count * 4L), column.rows(start, start + count));
    }
  }

  /** In (0, 1], so that its logarithm is finite. */
  private static double uniform(long key, long counter) {
    return ((mix(key + counter * 0x9E3779B97F4A7C15L) >>> 11) + 1) * 0x1p-53;
  }

  private static long key(long seed, String name) {
    long key = mix(seed);
    for (byte character : name.getBytes(StandardCharsets.UTF_8)) {
      key = mix(key ^ character);
    }
    return key;
  }

  /** The finaliser of SplitMix64: a bijection whose output bits all depend on all input bits. */
  private static long mix(long z) {
    long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
    return b ^ (b >>> 31);
  }
}
