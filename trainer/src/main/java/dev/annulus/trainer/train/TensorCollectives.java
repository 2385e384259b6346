package dev.annulus.trainer.train;

import dev.annulus.collective.Collectives;
import dev.annulus.collective.Parts;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.Tensor;
import dev.annulus.link.Link;
import dev.annulus.trainer.sharding.RangeExchange;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Sums and copies over all workers of the run, for tensors on any device: those of other devices
 * than the host pass through one host buffer, piece by piece. Sums have the same bits on all ranks
 * and in every repetition.
 */
final class TensorCollectives implements RangeExchange, AutoCloseable {
  /** Elements of the host buffer: 16 MiB. */
  private static final int CHUNK = 1 << 22;

  private final Device device;
  private final Collectives collectives;
  private final boolean direct;
  private final boolean alone;
  private final int rank;
  private final int size;
  private final Arena arena = Arena.ofShared();
  private MemorySegment buffer = MemorySegment.NULL;

  TensorCollectives(Device device, Link world) {
    this(device, world, device.hasHostMemory());
  }

  /**
   * Chooses how reduce-scatters and all-gathers read a tensor.
   *
   * @param direct where it lies, rather than through a host buffer: only in memory of the host
   */
  TensorCollectives(Device device, Link world, boolean direct) {
    this.device = device;
    this.direct = direct;
    this.collectives = new Collectives(world);
    this.rank = world.rank();
    this.size = world.size();
    this.alone = world.size() == 1;
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
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

  /**
   * Replaces this rank's part of an fp32 tensor by its sum over the ranks, the bits of {@link
   * #allReduceSum(Tensor, long)}; of the other parts nothing can be told afterwards.
   *
   * @param parts of the tensor's elements, one a rank, the same on every rank
   */
  @Override
  public void reduceScatterSum(Tensor tensor, Parts parts, long step) {
    if (alone) {
      return;
    }
    if (direct) {
      collectives.reduceScatterSum(tensor.memory(), parts, step);
      return;
    }
    forEachSlice(
        tensor,
        parts,
        (pieces, host, slices) -> {
          for (int part = 0; part < size; part++) {
            download(pieces.get(part), part(host, slices, part));
          }
          collectives.reduceScatterSum(host, slices, step);
          upload(part(host, slices, rank), pieces.get(rank));
        });
  }

  /**
   * Replaces each part of an fp32 tensor by what the rank that owns it holds there.
   *
   * @param parts of the tensor's elements, one a rank, the same on every rank
   */
  @Override
  public void allGather(Tensor tensor, Parts parts, long step) {
    if (alone) {
      return;
    }
    if (direct) {
      collectives.allGather(tensor.memory(), parts, Float.BYTES, step);
      return;
    }
    forEachSlice(
        tensor,
        parts,
        (pieces, host, slices) -> {
          download(pieces.get(rank), part(host, slices, rank));
          collectives.allGather(host, slices, Float.BYTES, step);
          for (int part = 0; part < size; part++) {
            if (part != rank) {
              upload(part(host, slices, part), pieces.get(part));
            }
          }
        });
  }

  /** The sums over the ranks. */
  double[] allReduceSum(double[] values, long step) {
    return alone ? values.clone() : collectives.allReduceSum(values, step);
  }

  /** Returns when all ranks have called it. */
  void barrier(long step) {
    if (!alone) {
      collectives.barrier(step);
    }
  }

  /** Copies rank 0's tensor to all. */
  @Override
  public void broadcast(Tensor tensor, long step) {
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

  /** Hands rank 0's host memory out; as many bytes on every rank, which other threads can read. */
  void broadcast(MemorySegment host, long step) {
    if (!alone) {
      collectives.broadcast(host, 0, step);
    }
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

  private interface SliceAction {
    /**
     * Some of every part.
     *
     * @param pieces of the tensor, one a part; those that are over are empty
     * @param host memory for the pieces, one behind the other
     * @param slices which elements of it are whose
     */
    void accept(List<Tensor> pieces, MemorySegment host, Parts slices);
  }

  /** Walks down all parts at once, such that a slice of each fits into the host buffer. */
  private void forEachSlice(Tensor tensor, Parts parts, SliceAction action) {
    long room = Math.max(1, CHUNK / size);
    long longest = 0;
    for (int part = 0; part < size; part++) {
      longest = Math.max(longest, parts.length(part));
    }
    Tensor column = tensor.reshape(tensor.size(), 1);
    for (long start = 0; start < longest; start += room) {
      List<Tensor> pieces = new ArrayList<>();
      long[] lengths = new long[size];
      for (int part = 0; part < size; part++) {
        long from = Math.min(start, parts.length(part));
        long to = Math.min(start + room, parts.length(part));
        pieces.add(column.rows(parts.from(part) + from, parts.from(part) + to));
        lengths[part] = to - from;
      }
      Parts slices = Parts.of(lengths);
      long bytes = slices.total() * DataType.FLOAT32.bytes();
      action.accept(pieces, buffer(bytes).asSlice(0, bytes), slices);
    }
  }

  private static MemorySegment part(MemorySegment host, Parts slices, int part) {
    long bytes = DataType.FLOAT32.bytes();
    return host.asSlice(slices.from(part) * bytes, slices.length(part) * bytes);
  }

  private void download(Tensor piece, MemorySegment host) {
    if (piece.size() > 0) {
      device.download(piece, host);
    }
  }

  private void upload(MemorySegment host, Tensor piece) {
    if (piece.size() > 0) {
      device.upload(host, piece);
    }
  }

  private MemorySegment buffer(long bytes) {
    if (buffer.byteSize() < bytes) {
      buffer = arena.allocate(bytes, 64);
    }
    return buffer;
  }

  private void forEachPiece(Tensor tensor, PieceAction action) {
    MemorySegment host = buffer(Math.min(CHUNK, tensor.size()) * DataType.FLOAT32.bytes());
    Tensor column = tensor.reshape(tensor.size(), 1);
    for (long start = 0; start < tensor.size(); start += CHUNK) {
      Tensor piece = column.rows(start, Math.min(start + CHUNK, tensor.size()));
      action.accept(piece, host.asSlice(0, piece.bytes()));
    }
  }
}
