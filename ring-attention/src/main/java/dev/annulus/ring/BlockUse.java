package dev.annulus.ring;

import dev.annulus.layout.Documents;
import dev.annulus.layout.Range;
import dev.annulus.layout.SequenceLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What each rank needs of each rank's block of keys: how many pairs its queries see there, and
 * which rows. Worked out document by document from the layout's runs, never token by token, so a
 * row of millions costs what its pieces cost.
 */
final class BlockUse {
  private final int ranks;

  /** Visible pairs; index {@code rank of the queries * ranks + owner of the keys}, as below. */
  private final long[] areas;

  private final RowRanges[] needed;

  private BlockUse(int ranks, long[] areas, RowRanges[] needed) {
    this.ranks = ranks;
    this.areas = areas;
    this.needed = needed;
  }

  static BlockUse of(SequenceLayout layout, Documents documents) {
    return new Builder(layout).build(documents);
  }

  /** Number of (query of {@code rank}, key of {@code owner}) pairs that the mask leaves. */
  long area(int rank, int owner) {
    return areas[rank * ranks + owner];
  }

  /** The keys of {@code owner} that any query of {@code rank} sees. */
  RowRanges needed(int rank, int owner) {
    return needed[rank * ranks + owner];
  }

  private static final class Builder {
    private final SequenceLayout layout;
    private final int ranks;
    private final long[] areas;

    /** Bounds of the needed ranges found so far, and how many. */
    private final int[][] bounds;

    private final int[] sizes;

    Builder(SequenceLayout layout) {
      this.layout = layout;
      this.ranks = layout.ranks();
      this.areas = new long[Math.multiplyExact(ranks, ranks)];
      this.bounds = new int[ranks * ranks][];
      this.sizes = new int[ranks * ranks];
    }

    BlockUse build(Documents documents) {
      List<QueryRun> runs = new ArrayList<>();
      int[] lastRun = new int[ranks];
      int[] owners = new int[ranks];
      Arrays.fill(lastRun, -1);
      for (Range document : documents.ranges()) {
        runs.clear();
        QueryRun.forEach(layout, document, runs::add);
        int count = 0;
        for (int i = 0; i < runs.size(); i++) {
          int rank = runs.get(i).rank();
          if (lastRun[rank] < 0) {
            owners[count++] = rank;
          }
          lastRun[rank] = i;
        }
        for (int i = 0; i < runs.size(); i++) {
          QueryRun run = runs.get(i);
          for (int j = 0; j < count; j++) {
            int pair = run.rank() * ranks + owners[j];
            add(pair, run.meet(layout, owners[j]), i == lastRun[run.rank()]);
          }
        }
        for (int j = 0; j < count; j++) {
          lastRun[owners[j]] = -1;
        }
      }
      RowRanges[] needed = new RowRanges[bounds.length];
      for (int pair = 0; pair < bounds.length; pair++) {
        needed[pair] =
            bounds[pair] == null ? RowRanges.NONE : RowRanges.of(bounds[pair], sizes[pair]);
        bounds[pair] = null;
      }
      return new BlockUse(ranks, areas, needed);
    }

    /** The last run of a rank in a document sees every key that any of the rank's sees. */
    private void add(int pair, ChunkTask task, boolean last) {
      areas[pair] += task.area();
      if (!last || task.keyStart() == task.keyEnd()) {
        return;
      }
      if (bounds[pair] == null) {
        bounds[pair] = new int[2];
      } else if (sizes[pair] == bounds[pair].length) {
        bounds[pair] = Arrays.copyOf(bounds[pair], 2 * sizes[pair]);
      }
      bounds[pair][sizes[pair]++] = task.keyStart();
      bounds[pair][sizes[pair]++] = task.keyEnd();
    }
  }
}
