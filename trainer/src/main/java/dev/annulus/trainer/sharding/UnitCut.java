package dev.annulus.trainer.sharding;

import dev.annulus.collective.Parts;
import dev.annulus.device.Tensor;
import dev.annulus.trainer.model.ModelUnit;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.optimizer.ParameterRange;
import dev.annulus.trainer.optimizer.RangeTensor;

/**
 * How the ranges of the ranks, those of {@link ParameterRange}, cut a unit: most units lie in the
 * range of one or two ranks. So ranges, and with them every sum, are the same whether all weights
 * are shared out or the moments alone.
 *
 * @param parts of the unit's elements, one a rank
 * @param from where this rank's part begins in its range
 * @param rank this one
 */
record UnitCut(Parts parts, long from, int rank) {
  static UnitCut of(ModelUnit unit, ParameterLayout all, int rank, int ranks) {
    Parts ranges = ParameterRange.parts(all, ranks);
    long[] lengths = new long[ranks];
    for (int other = 0; other < ranks; other++) {
      lengths[other] =
          Math.max(
              0,
              Math.min(unit.to(), ranges.from(other) + ranges.length(other))
                  - Math.max(unit.from(), ranges.from(other)));
    }
    long begin = Math.max(unit.from(), ranges.from(rank));
    return new UnitCut(Parts.of(lengths), begin - ranges.from(rank), rank);
  }

  /** Whether this rank has any of the unit. */
  boolean hasOwn() {
    return parts.length(rank) > 0;
  }

  /** This rank's part of the unit in memory of the whole unit. */
  Tensor ofUnit(Tensor flat) {
    return RangeTensor.slice(flat, parts.from(rank), parts.from(rank) + parts.length(rank));
  }

  /** The same elements in memory of this rank's range. */
  Tensor ofRange(RangeTensor range) {
    return RangeTensor.slice(range.values(), from, from + parts.length(rank));
  }
}
