package dev.annulus.device.cuda;

import dev.annulus.device.Tensor;

/**
 * A mask on the GPU.
 *
 * @param from int32 [1, queries], first visible key
 * @param to int32 [1, queries], end of the visible keys
 */
record DeviceMask(Tensor from, Tensor to) {}
