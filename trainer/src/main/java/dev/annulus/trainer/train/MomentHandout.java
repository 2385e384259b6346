package dev.annulus.trainer.train;

import dev.annulus.device.Device;
import dev.annulus.device.Tensor;
import dev.annulus.trainer.optimizer.AdamWState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Rank 0 reads the moments of all trainable weights piece by piece and hands each piece to all;
 * each rank keeps what lies in its range. So a checkpoint is read by whatever mesh, and nobody
 * holds more than its own.
 */
final class MomentHandout {
  /** Elements of a piece: 4 MiB. */
  private static final int CHUNK = 1 << 20;

  private final Device device;
  private final TensorCollectives world;

  MomentHandout(Device device, TensorCollectives world) {
    this.device = device;
    this.world = world;
  }

  /** Elements of the flat memory of all trainable weights. */
  interface Source {
    /** Copies {@code count} floats from element {@code from} on. */
    void read(long from, int count, MemorySegment target);
  }

  /** On rank 0: collective. */
  void handOut(AdamWState own, Source mean, Source variance, long step) {
    pass(own, own.mean(), mean, step);
    pass(own, own.variance(), variance, step);
  }

  /** On the others. */
  void receive(AdamWState own, long step) {
    Source nothing = (from, count, target) -> {};
    pass(own, own.mean(), nothing, step);
    pass(own, own.variance(), nothing, step);
  }

  private void pass(AdamWState own, Tensor moment, Source source, long step) {
    long size = own.range().layout().size();
    long first = own.range().from();
    Tensor column = moment.reshape(moment.size(), 1);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment host = arena.allocate(4 * Math.min(CHUNK, size), 64);
      for (long start = 0; start < size; start += CHUNK) {
        int count = (int) Math.min(CHUNK, size - start);
        MemorySegment piece = host.asSlice(0, 4L * count);
        source.read(start, count, piece);
        world.broadcast(piece, step);
        long from = Math.max(start, first);
        long to = Math.min(start + count, own.range().to());
        if (from < to) {
          device.upload(
              piece.asSlice(4 * (from - start), 4 * (to - from)),
              column.rows(from - first, to - first));
        }
      }
    }
  }
}
