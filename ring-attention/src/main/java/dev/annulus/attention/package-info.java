/**
 * Attention on one device, block by block.
 *
 * <p>Shapes: q, out and their gradients are [tokens, queryHeads * headDim], k, v and theirs
 * [tokens, kvHeads * headDim], row-major as the projections write them; lse and delta are
 * [queryHeads, tokens]. All fp32. Kernels keep no state between calls and may be used by one thread
 * at a time.
 */
package dev.annulus.attention;
