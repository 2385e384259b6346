package dev.annulus.trainer.optimizer;

import dev.annulus.device.Kernels;
import dev.annulus.device.Threefry;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;
import java.nio.charset.StandardCharsets;

/**
 * Zeroth-order SGD in weights of no moments (MeZO; Malladi et al., Fine-tuning language models with
 * just forward passes, 2023). The direction z of a step is standard normal; element i of a tensor
 * is a function of (seed, step, name of the tensor, i), so every rank makes it for itself. Shifts
 * and updates start from weights that are held unshifted: nothing drifts.
 */
public final class ZerothOrder {
  private ZerothOrder() {}

  /**
   * weights = held + distance z.
   *
   * @param trained layout of the tensors to shift
   * @param held as they are without a shift
   * @param weights of the model; its other tensors stay as they are
   */
  public static void shift(
      Kernels kernels,
      ParameterLayout trained,
      Parameters held,
      Parameters weights,
      double distance,
      long seed,
      long step) {
    for (ParameterSpec spec : trained.specs()) {
      kernels.addNormal(
          held.get(spec.name()),
          1,
          (float) distance,
          key(seed, step, spec.name()),
          weights.get(spec.name()));
    }
  }

  /**
   * weights = held - learningRate (gradient z + weightDecay held), the decay where the layout says
   * so.
   *
   * @param held may be {@code weights}
   */
  public static void update(
      Kernels kernels,
      ParameterLayout trained,
      Parameters held,
      Parameters weights,
      ZerothOrderUpdate update) {
    for (ParameterSpec spec : trained.specs()) {
      double decay = spec.decayed() ? update.weightDecay() : 0;
      kernels.addNormal(
          held.get(spec.name()),
          (float) (1 - update.learningRate() * decay),
          (float) (-update.learningRate() * update.projectedGradient()),
          key(update.seed(), update.step(), spec.name()),
          weights.get(spec.name()));
    }
  }

  /** Of the direction of a tensor. */
  static long key(long seed, long step, String name) {
    long key = Threefry.bits(seed, step);
    for (byte character : name.getBytes(StandardCharsets.UTF_8)) {
      key = Threefry.bits(key, character);
    }
    return key;
  }
}
