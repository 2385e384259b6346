package dev.annulus.ring;

import dev.annulus.attention.AttentionShape;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;

/**
 * The memory of one rank's ring, each block allocated once, when first needed: two of keys and
 * values (one worked on, one arriving) and, from the first backward pass on, up to five of
 * gradients. A ring of one has no blocks.
 *
 * <p>Rows of a block that nobody here needs do not arrive. They keep what an earlier pass left
 * there, at first zeros, so they are always finite: a kernel may read them within a tile, where its
 * mask gives them the weight 0.
 */
final class RingBuffers implements AutoCloseable {
  private final Device device;
  private final DeviceArena arena;
  private final Arena mirrors = Arena.ofShared();
  private final AttentionShape shape;
  private final int maxTokens;
  private final int blockTokens;
  private final Map<DataType, Block[]> keyValues = new EnumMap<>(DataType.class);
  private final Block[] gradients = new Block[5];
  private final Map<DataType, Block> ownMirrors = new EnumMap<>(DataType.class);
  private Tensor delta;

  /** Nothing is allocated yet. */
  RingBuffers(Device device, AttentionShape shape, int ranks, int maxTokens) {
    this.device = device;
    this.arena = device.newArena();
    this.shape = shape;
    this.maxTokens = maxTokens;
    this.blockTokens = ranks == 1 ? 0 : maxTokens;
  }

  /** Keys and values of another rank; {@code turn} counts the blocks of a pass. */
  Block keyValues(DataType type, int turn, int tokens) {
    Block[] blocks = keyValues.computeIfAbsent(type, key -> new Block[2]);
    return block(blocks, turn % 2, type).tokens(tokens);
  }

  /** Gradients of another rank's block, to be sent; {@code turn} counts those of a pass. */
  Block leaving(int turn, int tokens) {
    return block(gradients, turn % 2, DataType.FLOAT32).tokens(tokens);
  }

  /** Gradients from another rank; {@code turn} counts those of a pass. */
  Block arriving(int turn, int tokens) {
    return block(gradients, 2 + turn % 2, DataType.FLOAT32).tokens(tokens);
  }

  /** Gradients of the own block from all other ranks. */
  Block home(int tokens) {
    return block(gradients, 4, DataType.FLOAT32).tokens(tokens);
  }

  /** The own keys and values, with room in host memory for them. */
  Block own(Tensor k, Tensor v) {
    if (device.hasHostMemory() || blockTokens == 0) {
      return Block.of(k, v);
    }
    Block mirror =
        ownMirrors.computeIfAbsent(k.type(), type -> new Block(k, v, mirror(type), mirror(type)));
    return new Block(
        k, v, mirror.hostK().asSlice(0, k.bytes()), mirror.hostV().asSlice(0, v.bytes()));
  }

  /** [queryHeads, tokens]. */
  Tensor delta(int tokens) {
    if (delta == null) {
      delta = arena.allocate((long) shape.queryHeads() * maxTokens, 1);
    }
    return delta.rows(0, (long) shape.queryHeads() * tokens).reshape(shape.queryHeads(), tokens);
  }

  private Block block(Block[] blocks, int index, DataType type) {
    if (blocks[index] == null) {
      Tensor k = arena.allocate(type, blockTokens, shape.kvColumns());
      Tensor v = arena.allocate(type, blockTokens, shape.kvColumns());
      blocks[index] =
          device.hasHostMemory() ? Block.of(k, v) : new Block(k, v, mirror(type), mirror(type));
    }
    return blocks[index];
  }

  private MemorySegment mirror(DataType type) {
    return device.mirror(mirrors, (long) blockTokens * shape.kvColumns() * type.bytes());
  }

  @Override
  public void close() {
    arena.close();
    mirrors.close();
  }
}
