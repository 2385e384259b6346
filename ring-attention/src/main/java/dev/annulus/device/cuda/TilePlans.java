package dev.annulus.device.cuda;

import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.DataType;
import dev.annulus.device.Tensor;

/** Plans of masks, made when first asked for and kept as long as the mask is. */
final class TilePlans {
  private static final int THREADS = 128;
  private static final int WARPS = 4;

  private final Launcher launcher;
  private final DeviceMasks masks;
  private final AttentionTiles tiles;

  TilePlans(Launcher launcher, DeviceMasks masks, AttentionTiles tiles) {
    this.launcher = launcher;
    this.masks = masks;
    this.tiles = tiles;
  }

  /** A mask on the GPU and its plan. */
  record Planned(DeviceMask mask, TilePlan plan) {}

  /**
   * The plan of a block.
   *
   * @param keys of the block, not 0, as are its queries
   */
  Planned of(VisibleKeys visible, long keys) {
    DeviceMask mask = masks.get(visible);
    masks.trim();
    return new Planned(
        mask,
        mask.plans().computeIfAbsent(new DeviceMask.Tiling(tiles, keys), key -> make(mask, keys)));
  }

  private TilePlan make(DeviceMask mask, long keys) {
    long queryTiles = AttentionTiles.count(mask.from().columns(), tiles.queries());
    long keyTiles = AttentionTiles.count(keys, tiles.keys());
    Tensor tileKeys = tileKeys(mask, tiles.queries());
    Tensor narrow =
        tiles.gradientQueries() == tiles.queries()
            ? tileKeys
            : tileKeys(mask, tiles.gradientQueries());
    Tensor keyQueries = mask.arena().allocate(DataType.INT32, keyTiles, 2);
    launcher
        .kernel(KernelCatalog.KEY_QUERIES)
        .pointer(narrow)
        .integer(narrow.rows())
        .integer(keys)
        .integer(tiles.keys())
        .pointer(keyQueries)
        .launch(Math.ceilDiv(keyTiles, WARPS), THREADS);
    return new TilePlan(
        tileKeys, order(mask, tileKeys, queryTiles), keyQueries, order(mask, keyQueries, keyTiles));
  }

  private Tensor tileKeys(DeviceMask mask, int tile) {
    long queries = mask.from().columns();
    long count = AttentionTiles.count(queries, tile);
    Tensor tileKeys = mask.arena().allocate(DataType.INT32, count, 4);
    launcher
        .kernel(KernelCatalog.TILE_KEYS)
        .pointer(mask.from())
        .pointer(mask.to())
        .integer(queries)
        .integer(tile)
        .pointer(tileKeys)
        .launch(Math.ceilDiv(count, WARPS), THREADS);
    return tileKeys;
  }

  private Tensor order(DeviceMask mask, Tensor runs, long count) {
    Tensor order = mask.arena().allocate(DataType.INT32, 1, count);
    launcher
        .kernel(KernelCatalog.TILE_ORDER)
        .pointer(runs)
        .integer(runs.columns())
        .integer(count)
        .pointer(order)
        .launch(Math.ceilDiv(count, THREADS), THREADS);
    return order;
  }
}
