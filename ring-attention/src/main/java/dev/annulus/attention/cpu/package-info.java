/**
 * Attention on the CPU, without ever holding a matrix of queries x keys. There are two ways, and
 * {@link dev.annulus.attention.cpu.CpuAttention} takes the faster one of the processor.
 *
 * <p>By tiles ({@link dev.annulus.attention.cpu.TiledAttention}), whose products are calls of
 * sgemm: the best where OpenBLAS multiplies small matrices as they lie (AVX-512), and the one for
 * few queries and for processors that we know nothing about. A tile is some 64 to 192 query rows
 * against some hundred keys of one key head ({@link dev.annulus.attention.cpu.TileSizes}). Its
 * scores lie transposed, [keys, rows]: a lane of a vector register is a query row, so running
 * maxima and sums need no reduction across lanes, and all products have the form that OpenBLAS
 * computes fastest on small blocks. The query rows of a key head are its (query, query head of the
 * group) pairs, query-major: the heads of a group share each tile of keys.
 *
 * <p>By panels ({@link dev.annulus.attention.cpu.PanelAttention}), where sgemm would pack both
 * operands of each call (AVX2): the kernel inside sgemm is called instead, on operands that are
 * packed once and used many times. A packed left operand is panels of eight rows, [k, 8]; so is
 * what the kernel writes for eight rows. Scores of eight queries (backward: of eight keys) come out
 * as such a panel, become probabilities in place and are an operand of the next product as they
 * lie: nothing of the size queries x keys is packed, but one of five backward. Each panel is cut to
 * the keys that its own rows see, so little is computed for nothing at the edges of documents.
 *
 * <p>Tiles are shared out over threads. Backward, those of one head add to gradients that they
 * share in turn ({@link dev.annulus.attention.cpu.AddingTurns}).
 */
package dev.annulus.attention.cpu;
