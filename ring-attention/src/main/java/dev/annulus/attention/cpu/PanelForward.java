package dev.annulus.attention.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.PartialMerge;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.cpu.PanelProducts;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Online softmax by panels: eight consecutive queries of one query head are the lanes of a panel. A
 * tile of queries is packed once, each block of keys and values once for the whole tile. For every
 * panel and block: scores' = K Q' / sqrt(d) as a panel [keys, 8], their exponentials in place,
 * numerators' += V' P' from that very panel; at the end the panel is merged into (out, lse).
 */
final class PanelForward {
  private static final int LANES = PanelProducts.LANES;

  private final PanelMemory memory;
  private final PanelSizes sizes;
  private final KeyBounds tile = new KeyBounds();
  private KeyBounds[] panels = new KeyBounds[0];
  private float[] max = new float[0];
  private float[] sum = new float[0];
  private final float[] correction = new float[LANES];
  private ForwardCall call;
  private int kvHead;
  private int firstQuery;
  private int queries;
  private int panelCount;

  PanelForward(PanelMemory memory, PanelSizes sizes) {
    this.memory = memory;
    this.sizes = sizes;
  }

  /** A tile of queries of all query heads of a key head, against all keys that they see. */
  void run(ForwardCall newCall, int newKvHead, int tileIndex) {
    call = newCall;
    kvHead = newKvHead;
    VisibleKeys mask = call.mask();
    int group = call.shape().groupSize();
    firstQuery = tileIndex * sizes.queriesOfTile(group);
    queries = Math.min(sizes.queriesOfTile(group), mask.queries() - firstQuery);
    panelCount = Math.ceilDiv(queries, LANES);
    tile.set(mask, firstQuery, firstQuery + queries, 0);
    if (tile.firstKey() < tile.endKey()) {
      begin(group);
      int key = tile.firstKey();
      while (key < tile.endKey()) {
        int end = Math.min(key + sizes.inner(), tile.endKey());
        block(key, end);
        key = end;
      }
      merge(group);
    }
  }

  /** Bounds and packed queries of all panels; nothing seen yet. */
  private void begin(int group) {
    int rows = group * panelCount * LANES;
    if (max.length < rows) {
      max = new float[rows];
      sum = new float[rows];
    }
    if (panels.length < panelCount) {
      panels = new KeyBounds[panelCount];
      Arrays.setAll(panels, _ -> new KeyBounds());
    }
    Arrays.fill(max, 0, rows, Float.NEGATIVE_INFINITY);
    Arrays.fill(sum, 0, rows, 0);
    int dim = call.shape().headDim();
    memory.block(3).asSlice(0, 4L * rows * dim).fill((byte) 0);
    for (int panel = 0; panel < panelCount; panel++) {
      int from = firstQuery + panel * LANES;
      int to = Math.min(from + LANES, firstQuery + queries);
      panels[panel].set(call.mask(), from, to, LANES);
    }
    for (int member = 0; member < group; member++) {
      PanelRows.pack(
          call.q().memory(),
          query(firstQuery, member),
          call.shape().queryColumns(),
          queries,
          dim,
          memory.block(1),
          memory.block(2),
          (long) member * panelCount * LANES * dim);
    }
  }

  private void block(int key, int end) {
    AttentionShape shape = call.shape();
    int dim = shape.headDim();
    int stride = shape.kvColumns();
    long offset = (long) key * stride + (long) kvHead * dim;
    int piece = sizes.piece(tile.all(key, end));
    boolean packed = false;
    for (int panel = 0; panel < panelCount; panel++) {
      KeyBounds bounds = panels[panel];
      if (!bounds.any(key, end)) {
        continue;
      }
      if (!packed) {
        packed = true;
        PanelRows.packRight(
            call.k().memory(), offset, stride, end - key, dim, memory.block(1), memory.block(4));
        packValues(offset, end - key, piece);
      }
      for (int member = 0; member < shape.groupSize(); member++) {
        panel(bounds, panel, member, key, end, piece);
      }
    }
  }

  private void packValues(long offset, int keys, int piece) {
    AttentionShape shape = call.shape();
    int dim = shape.headDim();
    int stride = shape.kvColumns();
    for (int from = 0; from < keys; from += piece) {
      PanelProducts.packRightTransposed(
          dim,
          Math.min(piece, keys - from),
          call.v().memory(),
          offset + (long) from * stride,
          stride,
          memory.block(5),
          (long) from * dim);
    }
  }

  /** One panel of queries against keys [key, end), of which only those seen by any are scored. */
  private void panel(KeyBounds bounds, int panel, int member, int key, int end, int piece) {
    int dim = call.shape().headDim();
    int keys = end - key;
    ScoreRange range =
        ScoreRange.around(
            Math.max(bounds.firstKey() - key, 0), Math.min(bounds.endKey() - key, keys));
    int first = range.first();
    int scored = Math.min(range.end(), keys);
    int row = (member * panelCount + panel) * LANES;
    long at = (long) row * dim;
    MemorySegment scores = memory.block(0);
    scores.asSlice(0, 4L * LANES * keys).fill((byte) 0);
    PanelProducts.multiply(
        LANES,
        range.count(),
        dim,
        call.shape().scale(),
        memory.block(2),
        at,
        memory.block(4),
        (long) first * dim,
        scores,
        (long) first * LANES,
        LANES);
    if (!bounds.all(key + first, key + scored)) {
      int query = firstQuery + panel * LANES;
      int lanes = Math.min(LANES, firstQuery + queries - query);
      PanelSoftmax.mask(scores, call.mask(), query, lanes, key, first, scored);
    }
    if (PanelSoftmax.forward(scores, first, scored, max, sum, row, correction)) {
      PanelSoftmax.scale(memory.block(3), at, dim, correction);
    }
    for (int from = first / piece * piece; from < scored; from += piece) {
      PanelProducts.multiply(
          LANES,
          dim,
          Math.min(piece, keys - from),
          1,
          scores,
          (long) from * LANES,
          memory.block(5),
          (long) from * dim,
          memory.block(3),
          at,
          LANES);
    }
  }

  private void merge(int group) {
    int dim = call.shape().headDim();
    MemorySegment turned = memory.block(1);
    for (int member = 0; member < group; member++) {
      for (int i = 0; i < queries; i++) {
        int row = member * panelCount * LANES + i;
        if (i % LANES == 0) {
          PanelRows.turn(memory.block(3), (long) row * dim, dim, turned);
        }
        if (sum[row] != 0) {
          mergeRow(firstQuery + i, member, row, turned);
        }
      }
    }
  }

  private void mergeRow(int query, int member, int row, MemorySegment turned) {
    MemorySegment lse = call.lse().memory();
    AttentionShape shape = call.shape();
    long head = (long) kvHead * shape.groupSize() + member;
    long at = head * call.mask().queries() + query;
    float before = lse.getAtIndex(JAVA_FLOAT, at);
    float here = (float) (max[row] + Math.log(sum[row]));
    float keep = PartialMerge.weight(before, here);
    float add = PartialMerge.weight(here, before) / sum[row];
    long out = query(query, member);
    PanelRows.combine(call.out().memory(), out, keep, turned, row % LANES, add, shape.headDim());
    lse.setAtIndex(JAVA_FLOAT, at, PartialMerge.lse(before, here));
  }

  /** Where a query's head lies in q and out. */
  private long query(int query, int member) {
    AttentionShape shape = call.shape();
    long head = (long) kvHead * shape.groupSize() + member;
    return (long) query * shape.queryColumns() + head * shape.headDim();
  }
}
