package dev.annulus.trainer.sharding;

import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ModelUnit;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.optimizer.RangeTensor;
import java.util.List;

/**
 * Memory for a unit of the model at a time: one room for a block, one for embedding table and head.
 * Where the table is the head both are needed together, and the second room holds both, else the
 * larger of the two.
 */
final class UnitRooms {
  /** How many units can be there at a time, at most. */
  static final int PLACES = 3;

  private final Tensor blocks;
  private final Tensor ends;
  private final boolean tied;
  private final long embedding;

  UnitRooms(DeviceArena arena, LlamaConfig config, DataType type) {
    List<ModelUnit> units = ModelUnit.of(config);
    this.tied = config.tieWordEmbeddings();
    this.embedding = units.getFirst().layout().size();
    this.blocks = arena.allocate(type, 1, largestBlock(units));
    this.ends = arena.allocate(type, 1, endsSize(units, tied));
  }

  /** Elements of both rooms. */
  long elements() {
    return blocks.size() + ends.size();
  }

  /** Bytes of both rooms. */
  long bytes() {
    return blocks.bytes() + ends.bytes();
  }

  private static long largestBlock(List<ModelUnit> units) {
    return units.stream()
        .filter(unit -> unit.kind() == ModelUnit.Kind.BLOCK)
        .mapToLong(unit -> unit.layout().size())
        .max()
        .orElse(0);
  }

  private static long endsSize(List<ModelUnit> units, boolean tied) {
    long first = units.getFirst().layout().size();
    long last = units.getLast().layout().size();
    return tied ? first + last : Math.max(first, last);
  }

  /** The place of a unit; units of one place take turns. */
  Parameters of(ModelUnit unit) {
    long from = unit.kind() == ModelUnit.Kind.HEAD && tied ? embedding : 0;
    Tensor room = unit.kind() == ModelUnit.Kind.BLOCK ? blocks : ends;
    return Parameters.in(
        RangeTensor.slice(room, from, from + unit.layout().size()),
        unit.layout());
  }

  /** Which units take turns in the place of this one. */
  int place(ModelUnit unit) {
    return switch (unit.kind()) {
      case BLOCK -> 0;
      case EMBEDDING -> 1;
      case HEAD -> tied ? 2 : 1;
    };
  }
}
