package dev.annulus.ring;

import dev.annulus.attention.VisibleKeys;
import dev.annulus.attention.VisibleKeys.MaskClass;
import dev.annulus.layout.Documents;
import dev.annulus.layout.SequenceLayout;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The plan of a ring for one row: who attends to whose keys at which step, and which blocks travel.
 * A pure function of the layout and the documents, so all ranks hold the same plan without a word
 * between them; {@link RingAttention} only carries it out.
 *
 * <p>Step s of n: rank r works on the block of keys and values that rank (r - s) mod n owns, and
 * passes it on to rank r + 1. The distance of a rank from an owner is the step at which it holds
 * the owner's block. A block goes as far as the farthest rank that sees any of it, its {@link
 * #reach}, and no farther. Its gradients set out at the nearest rank that sees any of it ({@link
 * #firstUse}), travel on with the block, one step behind, and go home from the farthest.
 *
 * <p>Immutable; the masks are worked out when first asked for. Safe for use by many threads.
 */
public final class RingSchedule {
  private final SequenceLayout layout;
  private final Documents documents;

  /** Visible pairs, by rank of the queries, then owner of the keys. */
  private final long[][] areas;

  private final int[] reach;
  private final int[] firstUse;
  private final int[] firstVisible;
  private final ConcurrentHashMap<Long, VisibleKeys> masks = new ConcurrentHashMap<>();

  private RingSchedule(SequenceLayout layout, Documents documents) {
    this.layout = layout;
    this.documents = documents;
    this.areas = VisibleAreas.of(layout, documents);
    this.firstVisible = documents.firstVisible();
    this.reach = new int[layout.ranks()];
    this.firstUse = new int[layout.ranks()];
    for (int owner = 0; owner < layout.ranks(); owner++) {
      for (int distance = layout.ranks() - 1; distance > 0; distance--) {
        if (sees((owner + distance) % layout.ranks(), owner)) {
          reach[owner] = Math.max(reach[owner], distance);
          firstUse[owner] = distance;
        }
      }
    }
  }

  /** The plan for one row; both must be of its length. */
  public static RingSchedule of(SequenceLayout layout, Documents documents) {
    if (layout.sequenceLength() != documents.sequenceLength()) {
      throw new IllegalArgumentException(
          "layout of "
              + layout.sequenceLength()
              + " tokens, documents of "
              + documents.sequenceLength());
    }
    return new RingSchedule(layout, documents);
  }

  /** How the row lies over the ranks. */
  public SequenceLayout layout() {
    return layout;
  }

  /** The documents of the row. */
  public Documents documents() {
    return documents;
  }

  /** Number of ranks, and of steps. */
  public int ranks() {
    return layout.ranks();
  }

  /** Whose block {@code rank} works on at {@code step}. */
  public int owner(int rank, int step) {
    return Math.floorMod(rank - step, ranks());
  }

  /** Number of keys of {@code owner} that queries of {@code rank} see, summed over the queries. */
  public long area(int rank, int owner) {
    return areas[rank][owner];
  }

  /** Whether any query of {@code rank} sees any key of {@code owner}. */
  public boolean sees(int rank, int owner) {
    return areas[rank][owner] > 0;
  }

  /** How the block of keys of {@code owner} is masked for {@code rank} as a whole. */
  public MaskClass maskClass(int rank, int owner) {
    long all = (long) layout.tokensOf(rank) * layout.tokensOf(owner);
    long area = area(rank, owner);
    return area == 0 ? MaskClass.EMPTY : area == all ? MaskClass.FULL : MaskClass.PARTIAL;
  }

  /** Which keys of {@code owner} each query of {@code rank} sees. */
  public VisibleKeys mask(int rank, int owner) {
    return masks.computeIfAbsent(
        (long) rank * ranks() + owner,
        key ->
            VisibleKeys.between(layout.positionsOf(rank), layout.positionsOf(owner), firstVisible));
  }

  /** The farthest distance at which the block of {@code owner} is seen; 0 if only at home. */
  public int reach(int owner) {
    return reach[owner];
  }

  /** The nearest distance from 1 at which it is seen; 0 if only at home. */
  public int firstUse(int owner) {
    return firstUse[owner];
  }

  /** Whether {@code rank} has the keys and values of {@code owner(rank, step)} at {@code step}. */
  public boolean holds(int rank, int step) {
    return step < ranks() && step <= reach[owner(rank, step)];
  }

  /** Whether {@code rank} passes the block it holds at {@code step} on to the next rank. */
  public boolean passesOn(int rank, int step) {
    return step < reach[owner(rank, step)];
  }

  /**
   * Whether {@code rank} adds to, or passes on, gradients of the block it holds at {@code step}.
   */
  public boolean carriesGradients(int rank, int step) {
    return step > 0 && startOfGradients(rank, step) <= step && holds(rank, step);
  }

  /** Whether gradients of that block come from the previous rank, rather than start here. */
  public boolean receivesGradients(int rank, int step) {
    return carriesGradients(rank, step) && startOfGradients(rank, step) < step;
  }

  /** To whom {@code rank} sends the gradients it carries at {@code step}: the next rank or home. */
  public int gradientsTo(int rank, int step) {
    return passesOn(rank, step) ? next(rank) : owner(rank, step);
  }

  /** The rank that sends the gradients of {@code owner}'s block home; the owner if none does. */
  public int lastUser(int owner) {
    return (owner + reach[owner]) % ranks();
  }

  /** To whom {@code rank} passes blocks on. */
  public int next(int rank) {
    return (rank + 1) % ranks();
  }

  /** From whom {@code rank} gets blocks. */
  public int previous(int rank) {
    return Math.floorMod(rank - 1, ranks());
  }

  /** What {@code rank} sends. */
  public RingTraffic traffic(int rank) {
    return RingTraffic.of(this, rank);
  }

  /** The plan for people: one line a rank, one letter a step. */
  public String describe() {
    return ScheduleText.of(this);
  }

  private int startOfGradients(int rank, int step) {
    int first = firstUse[owner(rank, step)];
    return first == 0 ? Integer.MAX_VALUE : first;
  }
}
