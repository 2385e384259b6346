package dev.annulus.trainer.model;

import dev.annulus.device.CopyQueue;
import dev.annulus.device.Device;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * What is retained of blocks, waiting in the host's memory. A block's leaves while the next one is
 * computed, and is back before its backward pass: it comes while that of the block behind it runs.
 * The last block's stays.
 *
 * <p>Memory on the device alternates between blocks ({@link BlockActivations#allocate}), so block n
 * writes over what block n - 2 had, whose copy was over when block n began: each begins with {@link
 * CopyQueue#join}. What block n - 1 gave is copied under block n.
 */
final class OffloadedBlocks implements AutoCloseable {
  private final List<BlockActivations> blocks;
  private final boolean attention;
  private final CopyQueue copies;
  private final Arena memory = Arena.ofShared();
  private final List<Waiting> hosts = new ArrayList<>();

  /** Host memory of a block; of attention's part none if that is not retained. */
  private record Waiting(MemorySegment input, MemorySegment attended, MemorySegment lse) {}

  /** Takes memory of the host for all tokens that the blocks have room for. */
  OffloadedBlocks(Device device, List<BlockActivations> blocks, Retention retention) {
    this.blocks = blocks;
    this.attention = retention == Retention.ATTENTION;
    this.copies = device.newCopyQueue();
    try {
      for (BlockActivations block : blocks.subList(0, blocks.size() - 1)) {
        hosts.add(
            new Waiting(
                device.mirror(memory, block.input().bytes()),
                attention ? device.mirror(memory, block.attended().bytes()) : null,
                attention ? device.mirror(memory, block.lse().bytes()) : null));
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Before the forward pass of a block, when its input is there. To be called for each block in
   * order.
   */
  void beforeForward(int layer, int tokens) {
    copies.join();
    if (layer < hosts.size()) {
      copies.save(blocks.get(layer).view(tokens).input(), hosts.get(layer).input());
    }
    if (attention && layer > 0) {
      BlockActivations previous = blocks.get(layer - 1).view(tokens);
      copies.save(previous.attended(), hosts.get(layer - 1).attended());
      copies.save(previous.lse(), hosts.get(layer - 1).lse());
    }
  }

  /** Before the backward pass of a block; to be called for each, the last first. */
  void beforeBackward(int layer, int tokens) {
    copies.join();
    if (layer == 0) {
      return;
    }
    BlockActivations next = blocks.get(layer - 1).view(tokens);
    Waiting host = hosts.get(layer - 1);
    copies.fetch(host.input(), next.input());
    if (attention) {
      copies.fetch(host.attended(), next.attended());
      copies.fetch(host.lse(), next.lse());
    }
  }

  @Override
  public void close() {
    copies.close();
    memory.close();
  }
}
