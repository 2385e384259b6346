package dev.annulus.data.pack;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/**
 * Best-fit-decreasing packing of one window: its pieces go, longest first, each into the row that
 * it fills best. Rows that are far from full at the end are few, and their pieces go on to be
 * packed with those of other windows. Holds the pieces of a window, and no more than twice a
 * window's tokens however many there are. The rows depend on the pieces, their order and the
 * settings, and on nothing else. Used by one thread.
 */
public final class WindowPacker {
  /** A row with at most one such part of it unfilled is not worth another try. */
  private static final int FULL_ENOUGH = 1024;

  /** At most one such part of a window's rows goes on, so that the windows become fewer. */
  private static final int CARRIED = 8;

  private static final Comparator<Piece> LONGEST_FIRST =
      Comparator.comparingInt(Piece::length).reversed();

  private final PackingSettings settings;
  private final ModalityFactors factors;
  private final boolean withModalities;
  private final Consumer<PackedRow> rows;
  private final BestFit<Piece> open;
  private final List<Piece> window = new ArrayList<>();
  private long heldTokens;
  private long rowCount;
  private long tokens;
  private long segments;
  private long targets;

  /**
   * Begins a window.
   *
   * @param withModalities whether rows get modality ids
   * @param rows gets each row when it is done
   */
  public WindowPacker(
      PackingSettings settings,
      ModalityFactors factors,
      boolean withModalities,
      Consumer<PackedRow> rows) {
    this.settings = settings;
    this.factors = factors;
    this.withModalities = withModalities;
    this.rows = rows;
    this.open = new BestFit<>(settings.sequenceLength(), this::emit);
  }

  /** Adds a piece of at most a row's length. */
  public void add(Piece piece) {
    if (piece.length() == settings.sequenceLength()) {
      emit(List.of(piece));
      return;
    }
    window.add(piece);
    heldTokens += piece.length();
    if (heldTokens >= 2 * settings.windowTokens()) {
      place();
      open.shrinkTo((int) (open.count() / CARRIED));
      heldTokens = 0;
    }
  }

  /**
   * Packs what is left.
   *
   * @param last whether every piece is to be in a row now
   * @return the pieces that are in none
   */
  public List<Piece> finish(boolean last) {
    place();
    if (last) {
      open.shrinkTo(0);
      return List.of();
    }
    open.closeFull(settings.sequenceLength() / FULL_ENOUGH);
    open.shrinkTo((int) Math.max(1, open.count() / CARRIED));
    List<Piece> carried = new ArrayList<>();
    open.takeOpen().forEach(bin -> carried.addAll(bin.items()));
    return carried;
  }

  /** What stands in the rows so far. */
  public PackedCounts counts() {
    return new PackedCounts(rowCount, tokens, segments, targets);
  }

  private void place() {
    window.sort(LONGEST_FIRST);
    window.forEach(piece -> open.place(piece, piece.length()));
    window.clear();
  }

  private void emit(BestFit.Bin<Piece> bin) {
    emit(bin.items());
  }

  private void emit(List<Piece> pieces) {
    int length = settings.sequenceLength();
    PackedRow row =
        new PackedRow(
            new int[length],
            new int[length],
            new int[length],
            new int[length],
            new float[length],
            new int[withModalities ? length : 0]);
    int offset = 0;
    int number = 1;
    for (Piece piece : pieces) {
      piece.writeTo(row, offset, number++, factors);
      offset += piece.length();
    }
    rowCount++;
    tokens += offset;
    segments += pieces.size();
    for (float weight : row.lossWeights()) {
      targets += weight != 0 ? 1 : 0;
    }
    rows.accept(row);
  }
}
