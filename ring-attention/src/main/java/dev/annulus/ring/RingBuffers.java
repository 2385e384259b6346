package dev.annulus.ring;

import dev.annulus.attention.AttentionShape;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.PeerAccess;
import dev.annulus.device.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * The memory of one rank's ring, each block allocated once, when first needed: two of keys and
 * values (one worked on, one arriving) and, from the first backward pass on, up to five of
 * gradients, and one more where peers copy: of the own keys and values, where peers find them. A
 * ring of one has no blocks. Mirrors in host memory are made when one is first needed.
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
  private final Map<DataType, MemorySegment[]> ownMirrors = new EnumMap<>(DataType.class);
  private final Map<DataType, Block> ownShown = new EnumMap<>(DataType.class);
  private final Optional<PeerAccess> peers;
  private final BooleanSupplier needsHost;
  private Tensor delta;

  /**
   * Nothing is allocated yet.
   *
   * @param peers what blocks that others may copy are shown by; empty if none do
   * @param needsHost whether blocks may have to go through host memory
   */
  RingBuffers(
      Device device,
      AttentionShape shape,
      int ranks,
      int maxTokens,
      Optional<PeerAccess> peers,
      BooleanSupplier needsHost) {
    this.peers = peers;
    this.needsHost = needsHost;
    this.device = device;
    this.arena = device.newArena();
    this.shape = shape;
    this.maxTokens = maxTokens;
    this.blockTokens = ranks == 1 ? 0 : maxTokens;
  }

  /** Keys and values of another rank; {@code turn} counts the blocks of a pass. */
  Block keyValues(DataType type, int turn, int tokens) {
    Block[] blocks = keyValues.computeIfAbsent(type, key -> new Block[2]);
    return block(blocks, turn % 2, type, true).tokens(tokens);
  }

  /** Gradients of another rank's block, to be sent; {@code turn} counts those of a pass. */
  Block leaving(int turn, int tokens) {
    return block(gradients, turn % 2, DataType.FLOAT32, true).tokens(tokens);
  }

  /** Gradients from another rank; {@code turn} counts those of a pass. */
  Block arriving(int turn, int tokens) {
    return block(gradients, 2 + turn % 2, DataType.FLOAT32, false).tokens(tokens);
  }

  /** Gradients of the own block from all other ranks. */
  Block home(int tokens) {
    return block(gradients, 4, DataType.FLOAT32, false).tokens(tokens);
  }

  /**
   * The own keys and values, with room in host memory for them if any may go that way. Where peers
   * may copy, room for that is taken too, so that what is held does not depend on who they are.
   */
  Block own(Block own) {
    ownShown(own.k().type(), 0);
    if (device.hasHostMemory() || blockTokens == 0 || !needsHost.getAsBoolean()) {
      return own;
    }
    MemorySegment[] mirror =
        ownMirrors.computeIfAbsent(
            own.k().type(), type -> new MemorySegment[] {mirror(type), mirror(type)});
    return own.withMirror(
        mirror[0].asSlice(0, own.k().bytes()), mirror[1].asSlice(0, own.v().bytes()));
  }

  /** Where peers find the own keys and values, once copied there; empty if none copy. */
  Optional<Block> ownShown(DataType type, int tokens) {
    return peers
        .filter(access -> blockTokens > 0)
        .map(access -> ownShown.computeIfAbsent(type, key -> shown(access, key)).tokens(tokens));
  }

  /** [queryHeads, tokens]. */
  Tensor delta(int tokens) {
    if (delta == null) {
      delta = arena.allocate((long) shape.queryHeads() * maxTokens, 1);
    }
    return delta.rows(0, (long) shape.queryHeads() * tokens).reshape(shape.queryHeads(), tokens);
  }

  private Block block(Block[] blocks, int index, DataType type, boolean leaves) {
    if (blocks[index] == null) {
      blocks[index] = leaves && peers.isPresent() ? shown(peers.orElseThrow(), type) : hidden(type);
    }
    if (blocks[index].hostK() == null && needsHost.getAsBoolean()) {
      blocks[index] = blocks[index].withMirror(mirror(type), mirror(type));
    }
    return blocks[index];
  }

  private Block hidden(DataType type) {
    Tensor k = arena.allocate(type, blockTokens, shape.kvColumns());
    Tensor v = arena.allocate(type, blockTokens, shape.kvColumns());
    return device.hasHostMemory() ? Block.of(k, v) : Block.onDevice(k, v, null);
  }

  private Block shown(PeerAccess access, DataType type) {
    Tensor both = access.share(type, 2L * blockTokens, shape.kvColumns());
    Tensor k = both.rows(0, blockTokens);
    return Block.onDevice(
        k, both.rows(blockTokens, 2L * blockTokens), new ShownMemory(both, k.bytes()));
  }

  private MemorySegment mirror(DataType type) {
    return device.mirror(mirrors, (long) blockTokens * shape.kvColumns() * type.bytes());
  }

  @Override
  public void close() {
    try {
      device.downloads().await();
    } finally {
      arena.close();
      mirrors.close();
    }
  }
}
