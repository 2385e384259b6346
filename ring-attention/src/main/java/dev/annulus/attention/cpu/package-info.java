/**
 * Attention on the CPU, tile by tile, without ever holding a matrix of queries x keys.
 *
 * <p>A tile is some 64 to 192 query rows against some hundred keys of one key head ({@link
 * dev.annulus.attention.cpu.TileSizes}: it depends on the processor). Its scores lie transposed,
 * [keys, rows]: a lane of a vector register is a query row, so running maxima and sums need no
 * reduction across lanes, and all products have the form that OpenBLAS computes fastest on small
 * blocks. The query rows of a key head are its (query, query head of the group) pairs, query-major:
 * the heads of a group share each tile of keys.
 *
 * <p>Tiles of query rows are shared out over threads. Backward, those of one head add to the
 * gradients of its keys in turn ({@link dev.annulus.attention.cpu.AddingTurns}).
 */
package dev.annulus.attention.cpu;
