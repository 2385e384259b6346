package dev.annulus.trainer.sharding;

import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ModelUnit;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.model.UnitGradients;
import dev.annulus.trainer.optimizer.ParameterRange;
import dev.annulus.trainer.optimizer.RangeTensor;
import java.util.BitSet;
import java.util.List;

/**
 * Gradients of which every rank keeps the sums in its range. A pass adds up those of a unit in a
 * room; when it has them all they are summed over the ranks, in their order, and added to what
 * earlier passes of the step have left in the range.
 */
public final class ShardedGradients implements UnitGradients {
  private final Kernels kernels;
  private final RangeExchange ranks;
  private final List<UnitCut> cuts;
  private final RangeTensor sums;
  private final UnitRooms rooms;

  /** Units whose room is being added to. */
  private final BitSet open = new BitSet();

  /** Units that a pass of this step has left sums of. */
  private final BitSet summed = new BitSet();

  ShardedGradients(
      DeviceArena arena,
      Kernels kernels,
      RangeExchange ranks,
      LlamaConfig config,
      List<UnitCut> cuts,
      ParameterRange range) {
    this.kernels = kernels;
    this.ranks = ranks;
    this.cuts = cuts;
    this.sums = new RangeTensor(arena.allocate(DataType.FLOAT32, 1, range.size()), range);
    this.rooms = new UnitRooms(arena, config, DataType.FLOAT32);
  }

  /** Before the first pass of a step. */
  public void begin() {
    open.clear();
    summed.clear();
  }

  /** Bytes of this rank's range and of the rooms. */
  public long bytes() {
    return sums.values().bytes() + rooms.bytes();
  }

  /** Sums over the ranks and the passes since {@link #begin}, once every unit is done. */
  public RangeTensor sums() {
    return sums;
  }

  @Override
  public Parameters of(ModelUnit unit) {
    Parameters room = rooms.of(unit);
    if (!open.get(unit.index())) {
      open.set(unit.index());
      kernels.fill(room.flat(), 0f);
    }
    return room;
  }

  @Override
  public void done(ModelUnit unit, long step) {
    Tensor room = of(unit).flat();
    UnitCut cut = cuts.get(unit.index());
    ranks.reduceScatterSum(room, cut.parts(), step);
    open.clear(unit.index());
    boolean first = !summed.get(unit.index());
    summed.set(unit.index());
    if (!cut.hasOwn()) {
      return;
    }
    if (first) {
      kernels.copy(cut.ofUnit(room), cut.ofRange(sums));
    } else {
      kernels.add(cut.ofUnit(room), cut.ofRange(sums));
    }
  }
}
