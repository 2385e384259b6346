package dev.annulus.trainer.train;

import dev.annulus.collective.Collectives;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.Tensor;
import dev.annulus.link.Link;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Sums and copies over all workers of the run, for tensors on any device: they pass through one
 * host buffer, piece by piece. Sums have the same bits on all ranks and in every repetition.
 */
final class TensorCollectives implements AutoCloseable {
  /** Elements of the host buffer: 16 MiB. */
  private static final int CHUNK = 1 << 22;

  private final Device device;
  private final Collectives collectives;
  private final boolean alone;
  private final int rank;
  private final int size;
  private final Arena arena = Arena.ofShared();
  private MemorySegment buffer = MemorySegment.NULL;

  TensorCollectives(Device device, Link world) {
    this.device = device;
    this.collectives = new Collectives(world);
    this.rank = world.rank();
    this.size = world.size();
    this.alone = world.size() == 1;
  }

  int rank() {
    return rank;
  }

  int size() {
    return size;
  }

  /** Replaces the fp32 tensor by its sum over the ranks. */
  void allReduceSum(Tensor tensor, long step) {
    if (alone) {
      return;
    }
    forEachPiece(
        tensor,
        (piece, host) -> {
          device.download(piece, host);
          collectives.allReduceSum(host, step);
          device.upload(host, piece);
        });
  }

  /** The sums over the ranks. */
  double[] allReduceSum(double[] values, long step) {
    return alone ? values.clone() : collectives.allReduceSum(values, step);
  }

  /** Copies rank 0's tensor to all. */
  void broadcast(Tensor tensor, long step) {
    if (alone) {
      return;
    }
    forEachPiece(
        tensor,
        (piece, host) -> {
          if (rank == 0) {
            device.download(piece, host);
          }
          collectives.broadcast(host, 0, step);
          if (rank != 0) {
            device.upload(host, piece);
          }
        });
  }

  /** Rank 0's bytes. Other ranks hand in anything. */
  byte[] broadcast(byte[] bytes, long step) {
    if (alone) {
      return bytes;
    }
    try (Arena temporary = Arena.ofShared()) {
      MemorySegment length = temporary.allocate(ValueLayout.JAVA_LONG);
      length.set(ValueLayout.JAVA_LONG, 0, bytes.length);
      collectives.broadcast(length, 0, step);
      MemorySegment content = temporary.allocate(length.get(ValueLayout.JAVA_LONG, 0));
      if (rank == 0) {
        MemorySegment.copy(bytes, 0, content, ValueLayout.JAVA_BYTE, 0, bytes.length);
      }
      collectives.broadcast(content, 0, step);
      return content.toArray(ValueLayout.JAVA_BYTE);
    }
  }

  @Override
  public void close() {
    collectives.close();
    arena.close();
  }

  private interface PieceAction {
    void accept(Tensor piece, MemorySegment host);
  }

  private void forEachPiece(Tensor tensor, PieceAction action) {
    long wanted = Math.min(CHUNK, tensor.size()) * DataType.FLOAT32.bytes();
    if (buffer.byteSize() < wanted) {
      buffer = arena.allocate(wanted, 64);
    }
    Tensor column = tensor.reshape(tensor.size(), 1);
    for (long start = 0; start < tensor.size(); start += CHUNK) {
      Tensor piece = column.rows(start, Math.min(start + CHUNK, tensor.size()));
      action.accept(piece, buffer.asSlice(0, piece.bytes()));
    }
  }
}
