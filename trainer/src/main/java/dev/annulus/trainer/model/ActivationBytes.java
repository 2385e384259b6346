package dev.annulus.trainer.model;

import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.counting.CountingDevice;
import dev.annulus.device.counting.DeviceTraits;
import dev.annulus.link.Link;
import dev.annulus.link.SilentLink;
import dev.annulus.ring.RingAttention;

/**
 * What a model takes beside weights, gradients and moments, before any of it is taken: counted on a
 * device that only counts, and what its ring will take.
 *
 * @param device bytes on the device
 * @param host bytes of the host's memory that what is retained waits in
 */
record ActivationBytes(long device, long host) {
  /** Blocks of keys and values of other ranks: one that is worked on, one that arrives. */
  private static final long KEY_VALUE_BLOCKS = 2;

  /** Blocks of their gradients: two that leave, two that arrive, one that is at home. */
  private static final long GRADIENT_BLOCKS = 5;

  /**
   * Counts.
   *
   * @param tokens that the worker holds at most
   * @param ranks of its ring
   * @param peerCopies whether peers may copy blocks from the device
   */
  static ActivationBytes of(
      Device device,
      LlamaConfig config,
      ComputeSettings settings,
      int tokens,
      int ranks,
      boolean peerCopies) {
    DeviceTraits unlimited =
        new DeviceTraits(
            device.describe(),
            device.computesIn(DataType.BFLOAT16),
            device.hasHostMemory(),
            Long.MAX_VALUE,
            Long.MAX_VALUE);
    try (CountingDevice counting = new CountingDevice(unlimited);
        DeviceArena arena = counting.newArena();
        Link nobody = new SilentLink(0, 1);
        RingAttention attention =
            new RingAttention(counting, config.attentionShape(), nobody, tokens)) {
      Parameters weights = Parameters.allocate(arena, ParameterLayout.of(config));
      long before = counting.heldBytes();
      try (LlamaModel model =
          new LlamaModel(counting, config, weights, attention, tokens, settings)) {
        boolean copied = model.weights().compute() != weights;
        long copies = copied ? model.weights().compute().flat().bytes() : 0;
        long shown = peerCopies && !device.hasHostMemory() ? 1 : 0;
        return new ActivationBytes(
            counting.heldBytes() - before - copies + ofRing(config, settings, tokens, ranks, shown),
            counting.mirroredBytes());
      }
    }
  }

  /**
   * Delta of attention, and blocks over the route that takes most.
   *
   * @param shown blocks of own keys and values that peers copy from
   */
  private static long ofRing(
      LlamaConfig config, ComputeSettings settings, long tokens, int ranks, long shown) {
    boolean backward = settings.hasBackward();
    long delta = backward ? tokens * config.queryHeads() * Float.BYTES : 0;
    long block = 2 * tokens * config.attentionShape().kvColumns();
    long gradients = backward ? GRADIENT_BLOCKS * Float.BYTES : 0;
    return ranks == 1
        ? delta
        : delta + block * ((KEY_VALUE_BLOCKS + shown) * settings.type().bytes() + gradients);
  }
}
