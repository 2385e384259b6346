package dev.annulus.trainer.optimizer;

import dev.annulus.collective.Parts;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.ParameterSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * The elements of the trainable weights whose optimiser state one rank holds: a range of the flat
 * memory, whatever tensors lie in it, so that all ranks hold as much but for 16 elements. (ZeRO
 * calls this sharding of the optimiser's state stage 1.)
 *
 * @param layout of all trainable tensors
 * @param from first element in the flat memory, a multiple of 16
 * @param to behind the last element, a multiple of 16
 */
public record ParameterRange(ParameterLayout layout, long from, long to) {
  /** Ranges begin where tensors may begin: kernels walk over whole vectors. */
  private static final long ALIGNMENT = 16;

  public ParameterRange {
    if (from < 0 || from > to || to > layout.size()) {
      throw new IllegalArgumentException(
          "elements " + from + " to " + to + " of " + layout.size() + ", expected a part of them");
    }
  }

  /**
   * The elements of one tensor that lie in a range.
   *
   * @param from first element in the tensor
   * @param to behind the last one in the tensor
   */
  public record Piece(ParameterSpec spec, long from, long to) {
    /** Number of elements. */
    public long size() {
      return to - from;
    }

    /** Whether it is all of the tensor. */
    public boolean isWhole() {
      return size() == spec.size();
    }
  }

  /** All elements. */
  public static ParameterRange whole(ParameterLayout layout) {
    return new ParameterRange(layout, 0, layout.size());
  }

  /** The elements of {@code rank} of {@code ranks}. */
  public static ParameterRange of(ParameterLayout layout, int rank, int ranks) {
    Parts parts = parts(layout, ranks);
    return new ParameterRange(layout, parts.from(rank), parts.from(rank) + parts.length(rank));
  }

  /**
   * The elements of all ranks, in their order: as even as multiples of 16 get, longer ones first.
   */
  public static Parts parts(ParameterLayout layout, int ranks) {
    Parts even = Parts.even(layout.size() / ALIGNMENT, ranks);
    long[] lengths = new long[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      lengths[rank] = even.length(rank) * ALIGNMENT;
    }
    return Parts.of(lengths);
  }

  /** Number of elements, gaps included. */
  public long size() {
    return to - from;
  }

  /** What it holds of each tensor, ascending; gaps between tensors belong to none. */
  public List<Piece> pieces() {
    List<Piece> pieces = new ArrayList<>();
    for (ParameterSpec spec : layout.specs()) {
      long begin = Math.max(from, spec.offset());
      long end = Math.min(to, spec.offset() + spec.size());
      if (begin < end) {
        pieces.add(new Piece(spec, begin - spec.offset(), end - spec.offset()));
      }
    }
    return pieces;
  }
}
