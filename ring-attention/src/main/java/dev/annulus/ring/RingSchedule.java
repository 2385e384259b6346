package dev.annulus.ring;

import dev.annulus.attention.VisibleKeys;
import dev.annulus.attention.VisibleKeys.MaskClass;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Range;
import dev.annulus.layout.SequenceLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The plan of a ring for one row: which queries meet whose keys at which step under which mask, and
 * which rows of which blocks travel from whom to whom. A pure function of the layout, the documents
 * and the route, so all ranks hold the same plan without a word between them; {@link RingAttention}
 * only carries it out.
 *
 * <p>Step s of n: rank r works on the block of keys and values that rank (r - s) mod n owns. The
 * distance of a rank from an owner is the step at which it works on the owner's block. What a rank
 * {@link #needed needs} of a block is the rows that any of its queries sees; what no rank needs is
 * not sent, nor are gradients that nobody added to.
 *
 * <p>Immutable; what only single ranks need is worked out when first asked for. Safe for use by
 * many threads.
 */
public final class RingSchedule {
  private final SequenceLayout layout;
  private final Documents documents;
  private final BlockUse use;
  private final Route route;
  private final Routing routing;
  private final ConcurrentHashMap<Integer, List<QueryRun>> runs;
  private final ConcurrentHashMap<Long, VisibleKeys> masks;

  private RingSchedule(
      SequenceLayout layout,
      Documents documents,
      BlockUse use,
      Route route,
      ConcurrentHashMap<Integer, List<QueryRun>> runs,
      ConcurrentHashMap<Long, VisibleKeys> masks) {
    this.layout = layout;
    this.documents = documents;
    this.use = use;
    this.route = route;
    this.routing = Routing.of(route, use, layout.ranks());
    this.runs = runs;
    this.masks = masks;
  }

  /** The plan for one row; layout and documents must be of its length. */
  public static RingSchedule of(SequenceLayout layout, Documents documents, Route route) {
    if (layout.sequenceLength() != documents.sequenceLength()) {
      throw new IllegalArgumentException(
          "layout of "
              + layout.sequenceLength()
              + " tokens, documents of "
              + documents.sequenceLength());
    }
    return new RingSchedule(
        layout,
        documents,
        BlockUse.of(layout, documents),
        route,
        new ConcurrentHashMap<>(),
        new ConcurrentHashMap<>());
  }

  /** The same work, over another route. */
  public RingSchedule via(Route other) {
    return other == route ? this : new RingSchedule(layout, documents, use, other, runs, masks);
  }

  /** How the row lies over the ranks. */
  public SequenceLayout layout() {
    return layout;
  }

  /** The documents of the row. */
  public Documents documents() {
    return documents;
  }

  /** How blocks travel. */
  public Route route() {
    return route;
  }

  /** Number of ranks, and of steps. */
  public int ranks() {
    return layout.ranks();
  }

  /** Whose block {@code rank} works on at {@code step}. */
  public int owner(int rank, int step) {
    return Math.floorMod(rank - step, ranks());
  }

  /** Who works on the block of {@code owner} at step {@code distance}. */
  public int user(int owner, int distance) {
    return (owner + distance) % ranks();
  }

  /** Number of keys of {@code owner} that queries of {@code rank} see, summed over the queries. */
  public long area(int rank, int owner) {
    return use.area(rank, owner);
  }

  /** Number of keys that queries of {@code rank} see: its share of the work. */
  public long area(int rank) {
    long area = 0;
    for (int owner = 0; owner < ranks(); owner++) {
      area += area(rank, owner);
    }
    return area;
  }

  /** The area of the rank with the most of it over the mean of all; 1 if there is none at all. */
  public double areaWorstOverMean() {
    long worst = 0;
    double sum = 0;
    for (int rank = 0; rank < ranks(); rank++) {
      worst = Math.max(worst, area(rank));
      sum += area(rank);
    }
    return sum == 0 ? 1 : worst * ranks() / sum;
  }

  /** Whether any query of {@code rank} sees any key of {@code owner}. */
  public boolean sees(int rank, int owner) {
    return use.area(rank, owner) > 0;
  }

  /** The rows of the block of {@code owner} that any query of {@code rank} sees. */
  public RowRanges needed(int rank, int owner) {
    return use.needed(rank, owner);
  }

  /** How the block of keys of {@code owner} is masked for {@code rank} as a whole. */
  public MaskClass maskClass(int rank, int owner) {
    long all = (long) layout.tokensOf(rank) * layout.tokensOf(owner);
    long area = area(rank, owner);
    return area == 0 ? MaskClass.EMPTY : area == all ? MaskClass.FULL : MaskClass.PARTIAL;
  }

  /**
   * What {@code rank} does with the block of {@code owner}: its queries in chunks, each with the
   * keys it meets. Chunks that meet none are left out; every visible pair is in one task.
   */
  public List<ChunkTask> tasks(int rank, int owner) {
    List<ChunkTask> tasks = new ArrayList<>();
    for (QueryRun run : runs(rank)) {
      ChunkTask task = run.meet(layout, owner);
      if (task.maskClass() != MaskClass.EMPTY) {
        tasks.add(task);
      }
    }
    return tasks;
  }

  /** Number of chunks into which the layout and the documents cut the queries of {@code rank}. */
  public int chunks(int rank) {
    return runs(rank).size();
  }

  /** Which keys of {@code owner} each query of {@code rank} sees: the tasks, query by query. */
  public VisibleKeys mask(int rank, int owner) {
    return masks.computeIfAbsent((long) rank * ranks() + owner, key -> newMask(rank, owner));
  }

  private VisibleKeys newMask(int rank, int owner) {
    int[] from = new int[layout.tokensOf(rank)];
    int[] to = new int[from.length];
    for (ChunkTask task : tasks(rank, owner)) {
      for (int query = task.queryStart(); query < task.queryEnd(); query++) {
        from[query] = task.keyStart();
        to[query] = task.keysEnd(query);
      }
    }
    return new VisibleKeys(from, to);
  }

  private List<QueryRun> runs(int rank) {
    return runs.computeIfAbsent(
        rank,
        key -> {
          List<QueryRun> own = new ArrayList<>();
          for (Range document : documents.ranges()) {
            QueryRun.forEach(
                layout,
                document,
                run -> {
                  if (run.rank() == rank) {
                    own.add(run);
                  }
                });
          }
          return List.copyOf(own);
        });
  }

  /**
   * The keys and values that {@code rank} receives for step {@code step}.
   *
   * @param step from 1 to {@code ranks() - 1}
   */
  public Shipment keysTo(int rank, int step) {
    int owner = owner(rank, step);
    int from = route == Route.RING ? previous(rank) : owner;
    return new Shipment(owner, from, rank, routing.keyRows(owner, step));
  }

  /**
   * The keys and values that {@code rank} sends for another's step {@code step}: over the ring the
   * block it works on a step earlier, else its own.
   *
   * @param step from 1 to {@code ranks() - 1}
   */
  public Shipment keysFrom(int rank, int step) {
    return switch (route) {
      case RING -> keysTo(next(rank), step);
      case DIRECT -> keysTo(user(rank, step), step);
    };
  }

  /**
   * The gradients that {@code rank} sends after its step {@code step}: over the ring to the next
   * rank, or home if it is the last user; else home.
   *
   * @param step from 1 to {@code ranks() - 1}
   */
  public Shipment gradientsFrom(int rank, int step) {
    int owner = owner(rank, step);
    boolean goesOn =
        route == Route.RING && step + 1 < ranks() && !routing.keyRows(owner, step + 1).isEmpty();
    return new Shipment(
        owner, rank, goesOn ? next(rank) : owner, routing.gradientRows(owner, step));
  }

  /** The farthest distance at which the block of {@code owner} is seen; 0 if only at home. */
  public int reach(int owner) {
    int distance = ranks() - 1;
    while (distance > 0 && !sees(user(owner, distance), owner)) {
      distance--;
    }
    return distance;
  }

  /** To whom {@code rank} passes blocks on over the ring. */
  public int next(int rank) {
    return (rank + 1) % ranks();
  }

  /** From whom {@code rank} gets blocks over the ring. */
  public int previous(int rank) {
    return Math.floorMod(rank - 1, ranks());
  }

  /** What {@code rank} sends, and what it needs. */
  public RingTraffic traffic(int rank) {
    return RingTraffic.of(this, rank);
  }

  /** What all ranks send and need together. */
  public RingTraffic traffic() {
    RingTraffic total = RingTraffic.NOTHING;
    for (int rank = 0; rank < ranks(); rank++) {
      total = total.plus(traffic(rank));
    }
    return total;
  }

  /** The plan for people: one line a rank, one letter a step. */
  public String describe() {
    return ScheduleText.of(this);
  }
}
