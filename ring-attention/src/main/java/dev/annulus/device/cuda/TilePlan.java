package dev.annulus.device.cuda;

import dev.annulus.device.Tensor;

/**
 * What a mask means for tiles, all int32 and made on the GPU; the same for all heads and layers.
 *
 * @param tileKeys [tiles of queries, 4], of each the keys [0, 1) that some of its queries see and
 *     the keys [2, 3) that all see
 * @param tileOrder [1, tiles of queries], the longest first
 * @param keyQueries [tiles of keys, 2], of each the run of tiles of gradient queries that see some
 *     of it
 * @param keyOrder [1, tiles of keys], the longest first
 */
record TilePlan(Tensor tileKeys, Tensor tileOrder, Tensor keyQueries, Tensor keyOrder) {}
