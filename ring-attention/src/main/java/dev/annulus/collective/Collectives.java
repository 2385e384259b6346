package dev.annulus.collective;

import dev.annulus.link.Link;
import dev.annulus.link.MessageTag;
import dev.annulus.link.MessageTag.Kind;
import dev.annulus.link.Transfer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Sums, copies and barriers over all workers of a link; all call the same operations in the same
 * order. Messages go from a rank to the next, but for those of a reduce-scatter, which go from
 * every rank to every other.
 *
 * <p>A sum runs down the ranks 0, 1, 2, .. in chunks, each rank adding its own numbers to what the
 * rank before it sent, and the result runs round from the last; the two are pipelined, so a large
 * buffer goes through each rank about twice. Every number is therefore ((x0 + x1) + x2) + .. on all
 * ranks, whatever the size of the buffer: the same bits everywhere and every time. A reduce-scatter
 * followed by an all-gather gives the very bits of an all-reduce, however the buffer is cut.
 *
 * <p>Belongs to one thread, with its link. Memory is allocated once, here. Buffers must be off-heap
 * and readable by other threads. After a failure close the link before this object.
 */
public final class Collectives implements AutoCloseable {
  private static final long CHUNK_BYTES = 1 << 20;

  private final Link link;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment scratch;
  private final MemorySegment doubles;
  private final ReduceScatter reduceScatter;
  private final AllGather allGather;
  private long exchanges;

  /** Chunks of 1 MiB. */
  public Collectives(Link link) {
    this(link, CHUNK_BYTES);
  }

  Collectives(Link link, long chunkBytes) {
    this.link = link;
    long slices = ReduceScatter.scratchBytes(link.size(), chunkBytes);
    this.scratch = arena.allocate(link.size() == 1 ? 0 : Math.max(chunkBytes, slices), 64);
    this.doubles = arena.allocate(chunkBytes, 64);
    this.reduceScatter =
        new ReduceScatter(link, scratch, ReduceScatter.sliceBytes(link.size(), chunkBytes));
    this.allGather = new AllGather(link, chunkBytes);
  }

  /**
   * Replaces each float by its sum over all ranks.
   *
   * @param floats fp32, aligned to 4 bytes, as many on every rank
   * @param step the optimiser step, for errors that name it
   */
  public void allReduceSum(MemorySegment floats, long step) {
    allReduce(floats, step, Adder.FLOATS);
  }

  /**
   * The sum of each number over all ranks.
   *
   * @param values as many on every rank
   */
  public double[] allReduceSum(double[] values, long step) {
    double[] sums = new double[values.length];
    int room = Math.toIntExact(doubles.byteSize() / Double.BYTES);
    for (int from = 0; from < values.length; from += room) {
      int count = Math.min(room, values.length - from);
      MemorySegment part = doubles.asSlice(0, (long) count * Double.BYTES);
      MemorySegment.copy(values, from, part, ValueLayout.JAVA_DOUBLE, 0, count);
      allReduce(part, step, Adder.DOUBLES);
      MemorySegment.copy(part, ValueLayout.JAVA_DOUBLE, 0, sums, from, count);
    }
    return sums;
  }

  /**
   * Replaces each float of this rank's part by its sum over all ranks, the same bits as {@link
   * #allReduceSum(MemorySegment, long)}; the other parts stay as they are.
   *
   * @param floats fp32, aligned to 4 bytes, as many on every rank
   * @param parts of those floats, one a rank, the same on every rank
   */
  public void reduceScatterSum(MemorySegment floats, Parts parts, long step) {
    parts.check(floats.byteSize(), Float.BYTES, link.size());
    reduceScatter.run(floats, parts, Float.BYTES, Adder.FLOATS, step, exchanges++);
  }

  /**
   * Replaces each part by what the rank that owns it holds there.
   *
   * @param values numbers of any type, as many on every rank
   * @param parts of those numbers, one a rank, the same on every rank
   * @param numberBytes bytes of a number
   */
  public void allGather(MemorySegment values, Parts parts, int numberBytes, long step) {
    parts.check(values.byteSize(), numberBytes, link.size());
    allGather.run(values, parts, numberBytes, step, exchanges++);
  }

  /** Replaces {@code bytes} by those of {@code root}; as many on every rank. */
  public void broadcast(MemorySegment bytes, int root, long step) {
    if (root < 0 || root >= link.size()) {
      throw new IllegalArgumentException("root " + root + " in a world of " + link.size());
    }
    int distance = Math.floorMod(link.rank() - root, link.size());
    Chunks chunks = new Chunks(bytes);
    for (int tick = 0; tick < chunks.count() + link.size() - 2; tick++) {
      Transfer leaving = null;
      Transfer arriving = null;
      int held = tick - distance;
      if (distance < link.size() - 1 && chunks.has(held)) {
        leaving = link.send(next(), tag(step, held, 0), chunks.get(held));
      }
      if (distance > 0 && chunks.has(held + 1)) {
        arriving = link.receive(previous(), tag(step, held + 1, 0), chunks.get(held + 1));
      }
      await(leaving);
      await(arriving);
    }
    exchanges++;
  }

  /** Returns when all ranks have called it. */
  public void barrier(long step) {
    allReduce(doubles.asSlice(0, 0), step, Adder.DOUBLES);
  }

  @Override
  public void close() {
    arena.close();
  }

  /**
   * At tick t rank r sends its partial sum of chunk t - r and, counted from the last rank as 0, the
   * finished chunk t - (n - 1) - (r + 1) mod n. What is sent at a tick is received at that tick.
   */
  private void allReduce(MemorySegment values, long step, Adder adder) {
    int last = link.size() - 1;
    int rank = link.rank();
    int distance = (rank + 1) % link.size();
    Chunks chunks = new Chunks(values);
    for (int tick = 0; last > 0 && tick < chunks.count() + 2 * last - 1; tick++) {
      int partial = tick - rank;
      int finished = tick - last - distance;
      Transfer[] transfers = new Transfer[4];
      MemorySegment incoming = null;
      if (rank < last && chunks.has(partial)) {
        transfers[0] = link.send(next(), tag(step, partial, 0), chunks.get(partial));
      }
      if (rank != last - 1 && chunks.has(finished)) {
        transfers[1] = link.send(next(), tag(step, finished, 1), chunks.get(finished));
      }
      if (rank > 0 && chunks.has(partial + 1)) {
        incoming = scratch.asSlice(0, chunks.get(partial + 1).byteSize());
        transfers[2] = link.receive(previous(), tag(step, partial + 1, 0), incoming);
      }
      if (rank < last && chunks.has(finished + 1)) {
        MemorySegment chunk = chunks.get(finished + 1);
        transfers[3] = link.receive(previous(), tag(step, finished + 1, 1), chunk);
      }
      for (Transfer transfer : transfers) {
        await(transfer);
      }
      if (incoming != null) {
        adder.add(incoming, chunks.get(partial + 1));
      }
    }
    exchanges++;
  }

  /** A buffer in pieces of the size of the scratch; an empty buffer is one empty piece. */
  private final class Chunks {
    private final MemorySegment bytes;

    Chunks(MemorySegment bytes) {
      this.bytes = bytes;
    }

    int count() {
      return Math.toIntExact(Math.max(1, Math.ceilDiv(bytes.byteSize(), doubles.byteSize())));
    }

    boolean has(int chunk) {
      return chunk >= 0 && chunk < count();
    }

    MemorySegment get(int chunk) {
      long from = chunk * doubles.byteSize();
      return bytes.asSlice(from, Math.min(doubles.byteSize(), bytes.byteSize() - from));
    }
  }

  /** {@code phase}: 0 partial sums and copies, 1 finished sums. */
  private MessageTag tag(long step, int chunk, int phase) {
    return new MessageTag(Kind.COLLECTIVE, step, exchanges, 2 * chunk + phase);
  }

  private int next() {
    return (link.rank() + 1) % link.size();
  }

  private int previous() {
    return Math.floorMod(link.rank() - 1, link.size());
  }

  static void await(Transfer transfer) {
    if (transfer != null) {
      transfer.await();
    }
  }
}
