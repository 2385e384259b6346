package dev.annulus.ring;

import dev.annulus.attention.AttentionShape;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;

/**
 * The memory of one rank's ring, allocated once: two blocks of keys and values (one worked on and
 * passed on, one arriving) and, from the first backward pass on, four of gradients (one worked on,
 * one leaving, one arriving, one coming home). A ring of one has no blocks.
 */
final class RingBuffers implements AutoCloseable {
  private final DeviceArena arena;
  private final AttentionShape shape;
  private final int maxTokens;
  private final int blockTokens;
  private final Block[] keyValues;
  private Block[] gradients = {};
  private Tensor delta;

  /** Two matrices of [tokens, kvColumns]: keys and values, or their gradients. */
  record Block(Tensor k, Tensor v) {
    Block rows(long tokens) {
      return new Block(k.rows(0, tokens), v.rows(0, tokens));
    }
  }

  RingBuffers(Device device, AttentionShape shape, int ranks, int maxTokens) {
    this.arena = device.newArena();
    this.shape = shape;
    this.blockTokens = ranks == 1 ? 0 : maxTokens;
    this.maxTokens = maxTokens;
    this.keyValues = blocks(2);
  }

  /** The block of keys and values that is held at {@code step}, from step 1 on. */
  Block keyValues(int step, int tokens) {
    return keyValues[step % 2].rows(tokens);
  }

  /** The block of gradients that leaves after {@code step}. */
  Block leaving(int step, int tokens) {
    return gradients()[step % 2].rows(tokens);
  }

  /** The block of gradients that comes from the previous rank. */
  Block arriving(int tokens) {
    return gradients()[2].rows(tokens);
  }

  /** The block of gradients that comes home. */
  Block home(int tokens) {
    return gradients()[3].rows(tokens);
  }

  /** [queryHeads, tokens]. */
  Tensor delta(int tokens) {
    if (delta == null) {
      delta = arena.allocate((long) shape.queryHeads() * maxTokens, 1);
    }
    return delta.rows(0, (long) shape.queryHeads() * tokens).reshape(shape.queryHeads(), tokens);
  }

  private Block[] gradients() {
    if (gradients.length == 0) {
      gradients = blocks(4);
    }
    return gradients;
  }

  private Block[] blocks(int count) {
    Block[] blocks = new Block[count];
    for (int i = 0; i < count; i++) {
      blocks[i] =
          new Block(
              arena.allocate(blockTokens, shape.kvColumns()),
              arena.allocate(blockTokens, shape.kvColumns()));
    }
    return blocks;
  }

  @Override
  public void close() {
    arena.close();
  }
}
