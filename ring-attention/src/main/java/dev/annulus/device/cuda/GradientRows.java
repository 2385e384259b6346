package dev.annulus.device.cuda;

import dev.annulus.attention.AttentionShape;
import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;

/**
 * LSE, delta and visible keys of the queries, as the kernels of dK and dV read them. The memory is
 * used again from block to block and grows with the longest.
 */
final class GradientRows implements AutoCloseable {
  private static final int THREADS = 128;

  /** Queries of a tile of the form that the kernels read. */
  private static final int TILE = 64;

  private final CudaMemory memory;
  private final Launcher launcher;
  private DeviceArena arena;
  private Tensor rows;
  private Tensor seen;

  GradientRows(CudaMemory memory, Launcher launcher) {
    this.memory = memory;
    this.launcher = launcher;
  }

  /** fp32 [queryHeads, tiles, 2, 64], LSE in base 2 and delta. */
  Tensor rows() {
    return rows;
  }

  /** int32 [tiles * 64, 2], the runs of visible keys. */
  Tensor seen() {
    return seen;
  }

  /** Fills them for a block. */
  void load(AttentionShape shape, DeviceMask mask, Tensor lse, Tensor delta) {
    long queries = lse.columns();
    long padded = AttentionTiles.count(queries, TILE) * TILE;
    makeRoom(padded, 2 * padded * shape.queryHeads());
    launcher
        .kernel(KernelCatalog.BACKWARD_ROWS)
        .pointer(lse)
        .pointer(delta)
        .pointer(mask.from())
        .pointer(mask.to())
        .integer(queries)
        .pointer(rows)
        .pointer(seen)
        .launch(Math.ceilDiv(padded, THREADS), shape.queryHeads(), THREADS, 0);
  }

  private void makeRoom(long queries, long numbers) {
    if (arena != null && (rows.size() < numbers || seen.rows() < queries)) {
      close();
    }
    if (arena == null) {
      arena = memory.newArena();
      rows = arena.allocate(1, numbers);
      seen = arena.allocate(DataType.INT32, queries, 2);
    }
  }

  @Override
  public void close() {
    if (arena != null) {
      arena.close();
      arena = null;
    }
  }
}
