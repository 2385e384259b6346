package dev.annulus.device.cuda;

import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import java.util.Map;

/**
 * A mask on the GPU.
 *
 * @param from int32 [1, queries], first visible key
 * @param to int32 [1, queries], end of the visible keys
 * @param arena where it and its plans lie
 * @param plans that were made of it
 */
record DeviceMask(Tensor from, Tensor to, DeviceArena arena, Map<Tiling, TilePlan> plans) {
  /**
   * What a plan depends on beside the mask.
   *
   * @param keys of the block
   */
  record Tiling(AttentionTiles tiles, long keys) {}
}
