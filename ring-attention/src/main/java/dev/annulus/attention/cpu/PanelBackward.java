package dev.annulus.attention.cpu;

import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.cpu.PanelProducts;
import java.lang.foreign.MemorySegment;

/**
 * Gradients by recomputing the probabilities from each row's final logarithm, by panels of eight
 * keys. A tile of keys and values is packed once, each block of queries once for the whole tile.
 * For every panel and block: S' = K Q' / sqrt(d) and dP' = V dO' as panels [queries, 8]; p = exp(s
 * - lse), ds = p (dp - delta) in place; dV' += dO' P and dK' += Q' dS / sqrt(d) from those very
 * panels, into the tile's own sums. The gradients of scores go to rows as well, which are packed
 * for dQ += dS K / sqrt(d).
 */
final class PanelBackward {
  private static final int LANES = PanelProducts.LANES;

  private final PanelMemory memory;
  private final PanelSizes sizes;
  private final PanelGradients gradients;
  private final KeyBounds bounds = new KeyBounds();
  private final QueryStatistics statistics;
  private BackwardCall call;
  private int kvHead;
  private int firstKey;
  private int keys;
  private int piece;

  PanelBackward(PanelMemory memory, PanelSizes sizes) {
    this.memory = memory;
    this.sizes = sizes;
    this.gradients = new PanelGradients(sizes.inner());
    this.statistics = new QueryStatistics(sizes.inner());
  }

  /**
   * A tile of keys of a key head, against all queries that see any of them, the last ones first.
   *
   * @param turns where other tiles of the head stand: place p is the p-th block from the last
   */
  void run(BackwardCall newCall, int newKvHead, int tile, AddingTurns turns) {
    call = newCall;
    kvHead = newKvHead;
    firstKey = tile * sizes.outer();
    keys = Math.min(sizes.outer(), Math.toIntExact(call.k().rows()) - firstKey);
    VisibleKeys mask = call.mask();
    int blocks = Math.ceilDiv(mask.queries(), sizes.inner());
    boolean loaded = false;
    try {
      for (int place = 0; place < blocks; place++) {
        int query = (blocks - 1 - place) * sizes.inner();
        int queries = Math.min(sizes.inner(), mask.queries() - query);
        bounds.set(mask, query, query + queries, 0);
        if (bounds.any(firstKey, firstKey + keys)) {
          if (!loaded) {
            loadKeys();
            loaded = true;
          }
          for (int member = 0; member < call.shape().groupSize(); member++) {
            block(query, queries, member, tile, turns, place);
          }
        }
        turns.pass(kvHead, tile, place + 1);
      }
      turns.finish(kvHead, tile);
      if (loaded) {
        addKeyGradients();
      }
    } finally {
      turns.finish(kvHead, tile);
    }
  }

  /** Where the tile's keys, its values, and its keys turned by chunks lie in block 2. */
  private long part(int index) {
    return (long) index * sizes.outer() * call.shape().headDim();
  }

  private void loadKeys() {
    int dim = call.shape().headDim();
    int stride = call.shape().kvColumns();
    MemorySegment k = call.k().memory();
    MemorySegment v = call.v().memory();
    MemorySegment packed = memory.block(2);
    PanelRows.pack(k, key(0), stride, keys, dim, memory.block(1), packed, part(0));
    PanelRows.pack(v, key(0), stride, keys, dim, memory.block(1), packed, part(1));
    for (int chunk = 0; chunk < keys; chunk += sizes.inner()) {
      int size = Math.min(sizes.inner(), keys - chunk);
      PanelProducts.packLeftTransposed(
          dim, size, k, key(chunk), stride, packed, part(2) + (long) chunk * dim);
    }
    memory.block(3).asSlice(0, 4 * part(2)).fill((byte) 0);
  }

  /** A block of queries of one query head. */
  private void block(int query, int queries, int member, int tile, AddingTurns turns, int place) {
    AttentionShape shape = call.shape();
    int dim = shape.headDim();
    int stride = shape.queryColumns();
    int head = kvHead * shape.groupSize() + member;
    long at = (long) query * stride + (long) head * dim;
    MemorySegment q = call.q().memory();
    MemorySegment dOut = call.dOut().memory();
    PanelRows.packRight(q, at, stride, queries, dim, memory.block(1), memory.block(4));
    PanelRows.packRight(dOut, at, stride, queries, dim, memory.block(1), memory.block(5));
    piece = sizes.piece(bounds.all(firstKey, firstKey + keys));
    for (int from = 0; from < queries; from += piece) {
      int count = Math.min(piece, queries - from);
      long row = at + (long) from * stride;
      long to = (long) from * dim;
      PanelProducts.packRightTransposed(dim, count, q, row, stride, memory.block(6), to);
      PanelProducts.packRightTransposed(dim, count, dOut, row, stride, memory.block(7), to);
    }
    statistics.load(call, head, query, queries);
    for (int chunk = 0; chunk < keys; chunk += sizes.inner()) {
      int size = Math.min(sizes.inner(), keys - chunk);
      int key = firstKey + chunk;
      if (!bounds.any(key, key + size)) {
        continue;
      }
      if (!bounds.all(key, key + size)) {
        gradients.clearRows(memory.block(0), queries);
      }
      for (int first = 0; first < size; first += LANES) {
        panel(query, queries, chunk + first, first);
      }
      turns.await(kvHead, tile, place + 1);
      addQueryGradients(query, queries, at, chunk, size);
    }
  }

  /** dQ += dS K / sqrt(d), of the queries of a block that see any of some keys of the tile. */
  private void addQueryGradients(int query, int queries, long at, int chunk, int size) {
    AttentionShape shape = call.shape();
    int dim = shape.headDim();
    int stride = shape.queryColumns();
    int key = firstKey + chunk;
    QueryRange range = QueryRange.seeing(call.mask(), query, queries, key, key + size);
    int first = range.first();
    int count = range.count();
    MemorySegment packed = memory.block(8);
    long rows = gradients.rows() + (long) first * gradients.rowStride();
    PanelProducts.packRight(count, size, memory.block(0), rows, gradients.rowStride(), packed, 0);
    PanelProducts.multiply(
        dim,
        count,
        size,
        shape.scale(),
        memory.block(2),
        part(2) + (long) chunk * dim,
        packed,
        0,
        call.dq().memory(),
        at + (long) first * stride,
        stride);
  }

  /** One panel of keys, from {@code offset} in the tile and {@code column} in its chunk. */
  private void panel(int query, int queries, int offset, int column) {
    VisibleKeys mask = call.mask();
    int key = firstKey + offset;
    boolean whole = offset + LANES <= keys && bounds.all(key, key + LANES);
    QueryRange seeing =
        whole
            ? new QueryRange(0, queries)
            : QueryRange.seeing(mask, query, queries, key, key + LANES);
    if (seeing.count() == 0) {
      return;
    }
    ScoreRange range = ScoreRange.around(seeing.first(), seeing.end());
    int first = range.first();
    int end = Math.min(range.end(), queries);
    int dim = call.shape().headDim();
    float scale = call.shape().scale();
    MemorySegment work = memory.block(0);
    long at = (long) offset * dim;
    long scores = gradients.scores();
    long slopes = gradients.gradients();
    gradients.clearPanels(work, queries);
    score(scale, part(0) + at, memory.block(4), scores, range);
    if (!whole) {
      gradients.mask(work, first, end, mask.from(), mask.to(), query, key);
    }
    score(1, part(1) + at, memory.block(5), slopes, range);
    gradients.apply(work, first, end, column, statistics.lse(), statistics.delta());
    for (int from = first / piece * piece; from < end; from += piece) {
      int count = Math.min(piece, queries - from);
      addToSums(scale, slopes, memory.block(6), from, count, part(0) + at);
      addToSums(1, scores, memory.block(7), from, count, part(1) + at);
    }
  }

  /** A panel of the work, queries from {@code from}, by their rows, to a panel of the sums. */
  private void addToSums(
      float factor, long panel, MemorySegment rows, int from, int count, long to) {
    int dim = call.shape().headDim();
    PanelProducts.multiply(
        LANES,
        dim,
        count,
        factor,
        memory.block(0),
        panel + (long) from * LANES,
        rows,
        (long) from * dim,
        memory.block(3),
        to,
        LANES);
  }

  /** A range of queries of the block against a panel of block 2, to a panel of the work. */
  private void score(float factor, long panel, MemorySegment queries, long to, ScoreRange range) {
    int dim = call.shape().headDim();
    PanelProducts.multiply(
        LANES,
        range.count(),
        dim,
        factor,
        memory.block(2),
        panel,
        queries,
        (long) range.first() * dim,
        memory.block(0),
        to + (long) range.first() * LANES,
        LANES);
  }

  private void addKeyGradients() {
    for (int key = 0; key < keys; key += LANES) {
      addRows(part(0), key, call.dk().memory());
      addRows(part(1), key, call.dv().memory());
    }
  }

  private void addRows(long part, int key, MemorySegment target) {
    int dim = call.shape().headDim();
    MemorySegment turned = memory.block(1);
    PanelRows.turn(memory.block(3), part + (long) key * dim, dim, turned);
    for (int lane = 0; lane < LANES && key + lane < keys; lane++) {
      PanelRows.combine(target, key(key + lane), 1, turned, lane, 1, dim);
    }
  }

  /** Where a key of the tile lies in k, v and their gradients. */
  private long key(int key) {
    AttentionShape shape = call.shape();
    return (long) (firstKey + key) * shape.kvColumns() + (long) kvHead * shape.headDim();
  }
}
