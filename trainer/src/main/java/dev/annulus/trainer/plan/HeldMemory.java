package dev.annulus.trainer.plan;

import java.util.Locale;

/**
 * Bytes that one worker holds at the fullest moment of a stage, by what holds them. What does not
 * grow with model or sequence is not in it: the working memory of a device's kernels.
 *
 * @param weights fp32: of the whole model, or this worker's range and the rooms that others pass
 *     through
 * @param copies of the weights in the activations' type, if that is another, and the unshifted ones
 *     of {@code zo_sgd}
 * @param gradients of the trainable weights, or of this worker's range, with rooms for others
 * @param moments of the optimiser: of this worker's range of the trainable weights
 * @param activations of the blocks and the head, and what is computed with them
 * @param blocks of other ranks, and what the ring needs besides
 * @param host of the host's memory, where that is not the device's: what waits there, and blocks of
 *     the ring on their way
 */
public record HeldMemory(
    long weights,
    long copies,
    long gradients,
    long moments,
    long activations,
    long blocks,
    long host) {
  private static final String[] UNITS = {"B", "KB", "MB", "GB", "TB"};

  /** All of it that is on the device. */
  public long total() {
    return weights + copies + gradients + moments + activations + blocks;
  }

  /** The parts on the device, for people; those that are 0 are left out. */
  public String parts() {
    StringBuilder text = new StringBuilder();
    part(text, "weights", weights);
    part(text, "their copies", copies);
    part(text, "gradients", gradients);
    part(text, "moments", moments);
    part(text, "activations", activations);
    part(text, "blocks of the ring", blocks);
    return text.toString();
  }

  private static void part(StringBuilder text, String name, long bytes) {
    if (bytes > 0) {
      text.append(text.isEmpty() ? "" : ", ").append(name).append(' ').append(shown(bytes));
    }
  }

  /** Decimal, for example {@code 1.5 GB}. */
  static String shown(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 1000 && unit < UNITS.length - 1) {
      value /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", value, UNITS[unit]);
  }
}
