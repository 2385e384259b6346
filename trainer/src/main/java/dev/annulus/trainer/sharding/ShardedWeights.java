package dev.annulus.trainer.sharding;

import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ModelUnit;
import dev.annulus.trainer.model.ModelWeights;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.model.UnitWeights;
import dev.annulus.trainer.model.WeightMemory;
import dev.annulus.trainer.optimizer.ParameterRange;
import dev.annulus.trainer.optimizer.RangeTensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Master weights of which every rank holds a range, fp32. A unit's are gathered from all ranks into
 * a room when they are asked for, and stay there until another unit needs the room or {@link
 * #changed} is called: all ranks ask in the same order, so all know what is there.
 */
public final class ShardedWeights implements UnitWeights {
  private static final int NOTHING = -1;

  private final Kernels kernels;
  private final RangeExchange ranks;
  private final ParameterLayout layout;
  private final List<ModelUnit> units;
  private final List<UnitCut> cuts;
  private final RangeTensor own;
  private final UnitRooms masters;

  /** The same as the masters if activations are fp32. */
  private final UnitRooms copies;

  /** Index of the unit that each place holds, -1 for none. */
  private final int[] held = new int[UnitRooms.PLACES];

  /**
   * Takes memory for this rank's range, zeros, and the rooms.
   *
   * @param type of activations
   */
  public ShardedWeights(
      DeviceArena arena, Kernels kernels, RangeExchange ranks, LlamaConfig config, DataType type) {
    this.kernels = kernels;
    this.ranks = ranks;
    this.layout = ParameterLayout.of(config);
    this.units = ModelUnit.of(config);
    this.cuts =
        units.stream()
            .map(unit -> UnitCut.of(unit, layout, ranks.rank(), ranks.size()))
            .toList();
    ParameterRange range = ParameterRange.of(layout, ranks.rank(), ranks.size());
    this.own = new RangeTensor(arena.allocate(DataType.FLOAT32, 1, range.size()), range);
    this.masters = new UnitRooms(arena, config, DataType.FLOAT32);
    changed();
    this.copies = type == DataType.FLOAT32 ? masters : new UnitRooms(arena, config, type);
  }

  /** Bytes of this rank's range and of the rooms. */
  public long bytes() {
    return own.values().bytes() + masters.bytes() + copyBytes();
  }

  /** Bytes of them that are of the activations' type, if that is not fp32. */
  public long copyBytes() {
    return copies == masters ? 0 : copies.bytes();
  }

  /** What {@link #newGradients} and the moments of the range take. */
  public WeightMemory toCome() {
    return new WeightMemory(own.range().size(), 0, masters.elements());
  }

  /** Of all weights. */
  public ParameterLayout layout() {
    return layout;
  }

  /** This rank's; call {@link #changed} after writing to it. */
  public RangeTensor own() {
    return own;
  }

  /** Every rank has written to its range: what was gathered before is of no use. */
  public void changed() {
    Arrays.fill(held, NOTHING);
  }

  @Override
  public ModelWeights of(ModelUnit unit, long step) {
    Parameters master = masters.of(unit);
    Parameters copy = copies == masters ? master : copies.of(unit);
    int place = masters.place(unit);
    if (held[place] != unit.index()) {
      UnitCut cut = cuts.get(unit.index());
      if (cut.hasOwn()) {
        kernels.copy(cut.ofRange(own), cut.ofUnit(master.flat()));
      }
      ranks.allGather(master.flat(), cut.parts(), step);
      if (copy != master) {
        kernels.copy(master.flat(), copy.flat());
      }
      held[place] = unit.index();
    }
    return new ModelWeights(master, copy);
  }

  /**
   * Collective: every rank takes its range of rank 0's weights, unit by unit, so that no rank ever
   * holds all.
   *
   * @param fill writes the weights of a layout; called on rank 0 alone
   */
  public void receive(Consumer<Parameters> fill, long step) {
    changed();
    for (ModelUnit unit : units) {
      Parameters room = masters.of(unit);
      if (ranks.rank() == 0) {
        fill.accept(room);
      }
      ranks.broadcast(room.flat(), step);
      UnitCut cut = cuts.get(unit.index());
      if (cut.hasOwn()) {
        kernels.copy(cut.ofUnit(room.flat()), cut.ofRange(own));
      }
    }
  }

  /**
   * Writes the weights of the first unit into its room, to see early whether they can be had. Only
   * before {@link #receive}.
   */
  public void probe(Consumer<Parameters> fill) {
    fill.accept(masters.of(units.getFirst()));
  }

  /**
   * Collective: shows every tensor, whole, in the order of the layout.
   *
   * @param visit its tensor is there during the call
   */
  public void forEach(BiConsumer<ParameterSpec, Tensor> visit, long step) {
    for (ModelUnit unit : units) {
      Parameters master = of(unit, step).master();
      for (ParameterSpec spec : unit.layout().specs()) {
        visit.accept(spec, master.get(spec));
      }
    }
  }

  /** The gradients that belong to these weights. */
  public ShardedGradients newGradients(DeviceArena arena, LlamaConfig config) {
    return new ShardedGradients(arena, kernels, ranks, config, cuts, own.range());
  }
}
